// The target that `--out` names.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../core/failure.ts';
import { safe, text, value } from '../core/message.ts';
import { localTarget } from './local-target.ts';
import type { Target } from './target.ts';

/** `file:./sets/churn` and `sets/churn` start from `folder`. @throws Failure ARGUMENT_INVALID */
export function openTarget(out: string, folder: string): Target {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(out)?.[1]?.toLowerCase();
  if (scheme === undefined) return localTarget(resolve(folder, out));
  if (scheme === 'file') return localTarget(localPath(out, folder));
  throw new Failure(
    'ARGUMENT_INVALID',
    text`A training set cannot be written to ${value(out)}; expected ${safe('file:./sets/churn')}.`,
  );
}

function localPath(out: string, folder: string): string {
  const path = out.slice('file:'.length);
  return path.startsWith('//') ? fileURLToPath(out) : resolve(folder, path);
}

// A copy of the sample project with dates that fit the shop: the definitions in git start on a fixed day, but the shop's
// sixty days always end at the last midnight.

import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EpochMs, formatInstant } from '../core/instant.ts';

export type SampleCopy = {
  /** The folder of millrace.yaml. */
  readonly from: string;
  readonly to: string;
  /** The new `start` of every view. */
  readonly start: EpochMs;
  /** The contents of `.env`. */
  readonly variables: Readonly<Record<string, string>>;
};

/** Copies the project, replaces every `start:`, and writes `.env`, so that commands work with `--project`. */
export async function copySample({ from, to, start, variables }: SampleCopy): Promise<void> {
  for (const name of ['millrace.yaml', 'features', 'jobs'])
    await cp(join(from, name), join(to, name), { recursive: true });
  const day = formatInstant(start).slice(0, 10);
  for (const file of await readdir(join(to, 'features'), { recursive: true })) {
    if (!file.endsWith('.yaml')) continue;
    const path = join(to, 'features', file);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/^start: \S+/m, `start: ${day}`));
  }
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(to, '.env'), lines.join(''), { mode: 0o600 });
}

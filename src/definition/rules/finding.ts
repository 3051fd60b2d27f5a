// What a rule about several keys is given, and what it finds.

import type { Shaped } from '../files/shape.ts';
import type { ViewFile } from '../files/view-file.ts';
import type { KeyPath } from '../yaml/problem.ts';

/** A view as far as its keys are right by themselves. */
export type ViewDraft = Pick<Shaped<ViewFile>, 'sound' | 'written'>;

/** Where something is wrong, and one sentence about it. */
export type Finding = { readonly path: KeyPath; readonly message: string; readonly at: 'key' | 'value' };

export function atValue(path: KeyPath, message: string): Finding {
  return { path, message, at: 'value' };
}

export function atKey(path: KeyPath, message: string): Finding {
  return { path, message, at: 'key' };
}

/** One finding for each of some keys that is written although it cannot mean anything here. */
export function unusedKeys(draft: ViewDraft, keys: readonly (keyof ViewFile)[], why: string): Finding[] {
  return keys.filter((key) => draft.written.has(key)).map((key) => atKey([key], `\`${key}\`: ${why}`));
}

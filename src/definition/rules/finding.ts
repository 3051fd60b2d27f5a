// The input and output of rules about several keys.

import type { Shaped } from '../files/shape.ts';
import type { ViewFile } from '../files/view-file.ts';
import type { KeyPath } from '../yaml/problem.ts';

/** The valid keys of a view. */
export type ViewDraft = Pick<Shaped<ViewFile>, 'sound' | 'written'>;

/** A problem: its key and a message. */
export type Finding = {
  readonly path: KeyPath;
  readonly message: string;
  readonly at: 'key' | 'value';
  /** Where in the text of the value. */
  readonly offset?: number;
};

export function atValue(path: KeyPath, message: string): Finding {
  return { path, message, at: 'value' };
}

export function inText(path: KeyPath, offset: number, message: string): Finding {
  return { path, message, at: 'value', offset };
}

export function atKey(path: KeyPath, message: string): Finding {
  return { path, message, at: 'key' };
}

/** A finding for each key that is present but has no meaning in this view. */
export function unusedKeys(draft: ViewDraft, keys: readonly (keyof ViewFile)[], why: string): Finding[] {
  return keys.filter((key) => draft.written.has(key)).map((key) => atKey([key], `\`${key}\`: ${why}`));
}

// One table of files while its rules are checked, and where its findings are.

import type { TableFile } from '../../files/view-file.ts';
import { formatKeyPath, type KeyPath } from '../../yaml/problem.ts';
import { atKey, atValue, type Finding, type ViewDraft } from '../finding.ts';

/** One table: its valid keys and its position. */
export type TableDraft = {
  readonly view: ViewDraft;
  readonly path: KeyPath;
  readonly sound: Partial<TableFile>;
  readonly written: ReadonlySet<string>;
};

/** `\`tables.orders.files\`: …`, at the value. */
export function say({ path }: TableDraft, key: keyof TableFile, sentence: string): Finding {
  return atValue([...path, key], `\`${formatKeyPath([...path, key])}\`: ${sentence}`);
}

export function unwantedHere(
  { path, written }: TableDraft,
  keys: readonly (keyof TableFile)[],
  why: string,
): Finding[] {
  return keys
    .filter((key) => written.has(key))
    .map((key) => atKey([...path, key], `\`${formatKeyPath([...path, key])}\`: ${why}`));
}

// A csv or json file that was looked through: what the engine reads of it, and which rows it never sees.

import { BROKEN_ROWS_KEPT, type BrokenRow, type BrokenRows } from './broken-rows.ts';
import type { CopyFolder } from './clean-copy.ts';
import type { FileLimits } from './file-bytes.ts';
import type { TableFile } from './files-table.ts';
import type { PartialColumn } from './united-columns.ts';

export type PrepareOptions = FileLimits & {
  readonly purpose: 'describe' | 'read';
  readonly copies: CopyFolder;
  readonly signal: AbortSignal;
};

export type LineEnd = '\n' | '\r\n';

export type TextFile = TableFile & {
  /** What the engine reads: the file, or a copy of its good rows. */
  readonly source: string;
  /** csv with a header or without; json by lines or as one list. */
  readonly kind: 'header' | 'rows' | 'lines' | 'list';
  /** csv only: what ends its lines, and is inside of no field if it is more than a line feed. */
  readonly lineEnd?: LineEnd;
  /** csv only: of what is in it, when it is not compressed. */
  readonly bytes?: number;
  /** csv only: what is between its fields, where the file itself says so. */
  readonly delimiter?: string;
  /** csv only: a name for each field of a row, in its order; those of `columns` and others, for what has no usable name. */
  readonly fields?: readonly string[];
  readonly columns: readonly string[];
  readonly unusable: readonly PartialColumn[];
  /** Whether there is nothing in it that a row could be made of, not even a broken one. */
  readonly isEmpty: boolean;
  readonly broken: BrokenRows;
};

/** Collects the broken rows of one file. */
export function brokenRowList(file: string): {
  add(line: number, problem: string, text: string): void;
  found(): BrokenRows;
} {
  const kept: BrokenRow[] = [];
  let count = 0;
  return {
    add(line, problem, text) {
      count += 1;
      if (kept.length < BROKEN_ROWS_KEPT) kept.push({ file, line, problem, text });
    },
    found: () => ({ count, kept }),
  };
}

/** Those of several files, in their order. */
export function allBroken(files: readonly TextFile[]): BrokenRows {
  const kept = files.flatMap(({ broken }) => broken.kept).slice(0, BROKEN_ROWS_KEPT);
  return { count: files.reduce((sum, { broken }) => sum + broken.count, 0), kept };
}

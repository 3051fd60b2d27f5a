// A scanned CSV or JSON file: what the engine reads, and the broken rows that it never gets.

import { BROKEN_ROWS_KEPT, type BrokenRow, type BrokenRows } from './broken-rows.ts';
import type { CopyFolder } from './clean-copy.ts';
import type { CsvHead } from './csv/csv-head.ts';
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
  /** The path that the engine reads: the file, or a copy with its good rows. */
  readonly source: string;
  /** CSV: with or without a header. JSON: lines or one list. */
  readonly kind: 'header' | 'rows' | 'lines' | 'list';
  /** CSV only: the line break. A CRLF is not inside any field. */
  readonly lineEnd?: LineEnd;
  /** CSV only: its first lines. */
  readonly head?: CsvHead;
  /** CSV only: the uncompressed size. */
  readonly bytes?: number;
  /** CSV only: the delimiter, if the file names it. */
  readonly delimiter?: string;
  /** CSV only: a name for each field of a row, in order, even for fields without a usable name. */
  readonly fields?: readonly string[];
  readonly columns: readonly string[];
  readonly unusable: readonly PartialColumn[];
  /** Whether it has no rows, not even broken ones. */
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

/** The broken rows of several files, in order. */
export function allBroken(files: readonly TextFile[]): BrokenRows {
  const kept = files.flatMap(({ broken }) => broken.kept).slice(0, BROKEN_ROWS_KEPT);
  return { count: files.reduce((sum, { broken }) => sum + broken.count, 0), kept };
}

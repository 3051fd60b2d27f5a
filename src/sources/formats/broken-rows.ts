// Broken rows of CSV and JSON files, found before the engine reads the files. All are counted, and some are kept for display.

import type { FeatureView } from '../../definition/view.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { type RefusedRow, refusedRecord } from '../../rows/refusal.ts';

export type BrokenRow = {
  readonly file: string;
  readonly line: number;
  /** The end of `line 7 …`. */
  readonly problem: string;
  readonly text: string;
};

export type BrokenRows = {
  readonly count: number;
  /** The first rows. */
  readonly kept: readonly BrokenRow[];
};

/** More than quarantine keeps per reason. */
export const BROKEN_ROWS_KEPT = 1_000;

/** The rows as refused rows, 1..batchRows at a time. Rows that were not kept repeat the last kept one. */
export function* refusedBrokenRows(
  view: FeatureView,
  { count, kept }: BrokenRows,
  batchRows: number,
): Generator<RowBatch> {
  const refused = kept.map(
    (row): RefusedRow => ({
      reason: 'row_broken',
      field: null,
      detail: `in ${row.file}, line ${row.line} ${row.problem}`,
      row: refusedRecord(view, ['line'], () => row.text),
    }),
  );
  for (let from = 0; from < count; from += batchRows) {
    const size = Math.min(batchRows, count - from);
    const batch = Array.from({ length: size }, (_, index) => refused[Math.min(from + index, refused.length - 1)]);
    yield { rows: 0, columns: [], refused: batch.filter((row) => row !== undefined) };
  }
}

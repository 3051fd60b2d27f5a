// Rows of csv and json files that are no rows, found before the engine reads the files: all counted, some kept to be shown.

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
  /** The first of them. */
  readonly kept: readonly BrokenRow[];
};

/** More than quarantine keeps of one reason. */
export const BROKEN_ROWS_KEPT = 1_000;

/** The rows as refused ones, 1..batchRows at a time. Those that were not kept look like the last that was. */
export function* refusedBrokenRows(
  view: FeatureView,
  { count, kept }: BrokenRows,
  batchRows: number,
): Generator<RowBatch> {
  const refused = kept.map(
    (row): RefusedRow => ({
      reason: 'row_broken',
      detail: `in ${row.file}, line ${row.line} ${row.problem}`,
      row: refusedRecord(['line'], () => row.text, view.redacted),
    }),
  );
  for (let from = 0; from < count; from += batchRows) {
    const size = Math.min(batchRows, count - from);
    const batch = Array.from({ length: size }, (_, index) => refused[Math.min(from + index, refused.length - 1)]);
    yield { rows: 0, columns: [], refused: batch.filter((row) => row !== undefined) };
  }
}

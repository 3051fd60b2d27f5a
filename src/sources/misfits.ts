// Rows of csv and json files with a field that does not fit its declared type: refused, or the end of the reading.

import { Failure } from '../core/failure.ts';
import type { FeatureView } from '../definition/view.ts';
import type { RowBatch } from '../rows/batch.ts';
import { type RefusedRow, refusalDetail, refusedRecord } from '../rows/refusal.ts';
import { streamedRows } from './duckdb-rows.ts';
import type { Misfits } from './files-table.ts';
import type { LakeReading } from './lake-reading.ts';

/**
 * The rows that the table `files` leaves out, in batches of refused rows. Where there are none, the table is told so.
 *
 * @throws Failure FILE_BROKEN at the first one, where the view says `on_bad_field: fail`.
 */
export async function* refusedMisfits(
  view: FeatureView,
  reading: LakeReading,
  batchRows: number,
): AsyncGenerator<RowBatch> {
  const { misfits } = reading.table;
  if (misfits === null) return;
  let count = 0;
  for await (const rows of streamedRows(reading.engine, misfits.sql, batchRows)) {
    count += rows.length;
    const refused = rows.map((row) => refusedMisfit(view, reading, misfits, row));
    const [first] = refused;
    if (first !== undefined && view.files?.onBadField === 'fail') {
      throw new Failure('FILE_BROKEN', `View ${view.name}: ${first.detail}.`, { view: view.name });
    }
    yield { rows: 0, columns: [], refused };
  }
  if (count === 0) await reading.engine.run(`create or replace temp view files as ${reading.table.sqlWhenAllFit}`);
}

function refusedMisfit(
  view: FeatureView,
  { readable }: LakeReading,
  { columns, checked }: Misfits,
  [path, bad, ...texts]: readonly (string | null)[],
): RefusedRow {
  const { column, expected } = checked[Number(bad)] ?? { column: '', expected: '' };
  const file = readable.files.find((each) => each.path === path)?.name ?? path ?? '';
  const found = texts[columns.indexOf(column)] ?? null;
  return {
    reason: 'field_wrong_type',
    detail: `in ${file}, ${refusalDetail(column, found, expected, view.redacted)}`,
    row: refusedRecord(columns, (index) => texts[index] ?? null, view.redacted),
  };
}

// Rows of csv and json files that are broken, or have a field that does not fit its declared type: refused, or the end of
// the reading.

import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { type RefusedRow, refusalDetail, refusedRecord } from '../../rows/refusal.ts';
import type { LakeReading } from '../lake/reading.ts';
import type { BuiltTable } from '../lake/table.ts';
import { refusedBrokenRows } from './broken-rows.ts';
import type { TypeErrors } from './files-table.ts';
import { quotedName } from './quote.ts';

/**
 * The rows that the tables leave out, in batches of refused rows. A table that leaves out none is told so.
 *
 * @throws Failure FILE_BROKEN at the first one, where the table says `on_bad_field: fail`.
 */
export async function* refusedTypeErrors(
  view: FeatureView,
  reading: LakeReading,
  batchRows: number,
): AsyncGenerator<RowBatch> {
  for (const table of reading.tables) {
    for await (const batch of refusedOf(view, reading, table, batchRows)) {
      const [first] = batch.refused ?? [];
      if (first !== undefined && table.files.onBadField === 'fail') {
        // Of a redacted view the detail names the place, and no value.
        const detail = view.redacted ? safe(first.detail) : value(first.detail);
        throw new Failure('FILE_BROKEN', text`View ${safe(view.name)}: ${detail}.`, { view: view.name });
      }
      yield batch;
    }
  }
}

async function* refusedOf(
  view: FeatureView,
  { engine }: LakeReading,
  table: BuiltTable,
  batchRows: number,
): AsyncGenerator<RowBatch> {
  yield* refusedBrokenRows(view, table.broken, batchRows);
  const { misfits, sqlWhenAllFit } = table.table;
  if (misfits === null) return;
  let count = 0;
  for await (const { rows, columns } of engine.textBatches(misfits.sql, 2 + misfits.columns.length, batchRows)) {
    count += rows;
    const refused = Array.from({ length: rows }, (_, row) =>
      refusedMisfit(
        view,
        table,
        misfits,
        columns.map((values) => values[row] ?? null),
      ),
    );
    yield { rows: 0, columns: [], refused };
  }
  if (count === 0) await engine.run(`create or replace temp view ${quotedName(table.name)} as ${sqlWhenAllFit}`);
}

function refusedMisfit(
  view: FeatureView,
  { sources }: BuiltTable,
  { columns, checked }: TypeErrors,
  [path, bad, ...texts]: readonly (string | null)[],
): RefusedRow {
  const { column, expected } = checked[Number(bad)] ?? { column: '', expected: '' };
  const file = sources.find((each) => each.path === path)?.name ?? path ?? '';
  const found = texts[columns.indexOf(column)] ?? null;
  return {
    reason: 'field_wrong_type',
    detail: `in ${file}, ${refusalDetail(column, found, expected, view.redacted)}`,
    row: refusedRecord(columns, (index) => texts[index] ?? null, view.redacted),
  };
}

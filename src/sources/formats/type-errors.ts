// Rows of CSV and JSON files that are malformed or have a field of the wrong type. They are refused, or fail the reading.

import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { type RefusedRow, refusalDetail, refusedField, refusedRecord } from '../../rows/refusal.ts';
import type { LakeReading } from '../lake/reading.ts';
import type { BuiltTable } from '../lake/table.ts';
import { refusedBrokenRows } from './broken-rows.ts';
import type { TypeErrors } from './files-table.ts';
import { quotedName } from './quote.ts';

/**
 * The rows that the tables exclude, in batches of refused rows. A table without such rows is then read without checks.
 *
 * @throws Failure FILE_BROKEN for the first such row of a table with `on_bad_field: fail`.
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
        // The detail of a redacted view has no value.
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
  const { typeErrors, sqlWhenAllFit } = table.table;
  if (typeErrors === null) return;
  const rowsMax = table.files.onBadField === 'fail' ? 1 : LINES_MAX;
  let held: BadRow[] | null = [];
  let count = 0;
  for await (const { rows, columns } of engine.textBatches(typeErrors.sql, 2 + typeErrors.columns.length, batchRows)) {
    count += rows;
    const found = Array.from({ length: rows }, (_, row) =>
      badRow(
        table,
        typeErrors,
        columns.map((values) => values[row] ?? null),
      ),
    );
    if (held === null) {
      yield { rows: 0, columns: [], refused: found.map((bad) => refusedTypeError(view, bad, null)) };
      continue;
    }
    held.push(...found);
    if (held.length < rowsMax && charactersOf(held) < HELD_CHARACTERS_MAX) continue;
    yield* withLines(view, table, held, batchRows);
    held = null;
  }
  if (held !== null) yield* withLines(view, table, held, batchRows);
  if (count === 0) await engine.run(`create or replace temp view ${quotedName(table.name)} as ${sqlWhenAllFit}`);
}

/** The first rows, with their lines. Later rows are rarely shown, so their lines are not searched for. */
async function* withLines(
  view: FeatureView,
  table: BuiltTable,
  rows: readonly BadRow[],
  batchRows: number,
): AsyncGenerator<RowBatch> {
  const lines = await linesOf(table, rows.slice(0, LINES_MAX));
  for (let from = 0; from < rows.length; from += batchRows) {
    const batch = rows.slice(from, from + batchRows);
    const refused = batch.map((bad, index) => refusedTypeError(view, bad, lines[from + index] ?? null));
    yield { rows: 0, columns: [], refused };
  }
}

const HELD_CHARACTERS_MAX = 4_194_304;

function charactersOf(rows: readonly BadRow[]): number {
  return rows.reduce((sum, { texts }) => sum + texts.reduce((all, text) => all + (text?.length ?? 0), 0), 0);
}

/** As many as quarantine keeps. */
const LINES_MAX = 100;

/** A row with a field of the wrong type. */
type BadRow = {
  readonly file: string;
  readonly column: string;
  readonly expected: string;
  readonly columns: readonly string[];
  readonly texts: readonly (string | null)[];
};

function badRow(
  { sources }: BuiltTable,
  { columns, checked }: TypeErrors,
  [path, bad, ...texts]: readonly (string | null)[],
): BadRow {
  const { column, expected } = checked[Number(bad)] ?? { column: '', expected: '' };
  return { file: sources.find((each) => each.path === path)?.name ?? path ?? '', column, expected, columns, texts };
}

/** The line of each row, in order; null if unknown. */
async function linesOf(table: BuiltTable, rows: readonly BadRow[]): Promise<readonly (number | null)[]> {
  const lines = new Map<BadRow, number | null>();
  for (const [file, ofFile] of Map.groupBy(rows, (row) => row.file)) {
    const texts = ofFile.map(
      (row) => new Map(row.columns.map((name, at) => [name.toLowerCase(), row.texts[at] ?? null])),
    );
    const found = await table.lines(file, texts);
    for (const [index, row] of ofFile.entries()) lines.set(row, found[index] ?? null);
  }
  return rows.map((row) => lines.get(row) ?? null);
}

function refusedTypeError(view: FeatureView, bad: BadRow, line: number | null): RefusedRow {
  const { file, column, expected, columns, texts } = bad;
  const found = texts[columns.indexOf(column)] ?? null;
  const place = line === null ? file : `${file}, line ${line}`;
  return {
    reason: 'field_wrong_type',
    field: refusedField(column),
    detail: `in ${place}: ${refusalDetail(view, column, found, expected)}`,
    row: refusedRecord(view, columns, (index) => texts[index] ?? null),
  };
}

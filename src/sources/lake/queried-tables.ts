// Tables of a lake query that come from another source: its rows are read once per run, written to the spool, and loaded into
// the engine before the query of the view runs.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView, QueriedTable } from '../../definition/view.ts';
import type { ColumnType } from '../../feature-types/column-type.ts';
import { type FieldType, fileCastOf } from '../../feature-types/index.ts';
import type { Column, RowBatch } from '../../rows/batch.ts';
import { FIELD_CHARACTERS_MAX } from '../../rows/begun-line.ts';
import { quotedName, quotedText } from '../formats/quote.ts';
import type { PrepareOptions } from '../formats/text-file.ts';
import { type Extraction, openReading, type Reading, type Source, type SourceOptions } from '../source.ts';
import type { Engine } from './duckdb.ts';

/** A table whose rows are in a file; `path` is null if it has none. */
export type LoadedTable = {
  readonly name: string;
  readonly table: QueriedTable;
  readonly columns: readonly QueriedColumn[];
  readonly path: string | null;
};

type QueriedColumn = Column & { readonly field: FieldType | 'date' };

/** Column type → the type of the column in the table. Absent for types that are not supported. */
const FIELDS: Readonly<Partial<Record<ColumnType, FieldType | 'date'>>> = {
  int: 'int',
  float: 'float',
  bool: 'bool',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
  date: 'date',
  json: 'json',
  array: 'json',
  text: 'string',
};

/** Reads the rows of all such tables of a view. @throws Failure as the other sources do, or SOURCE_SHAPE. */
export async function loadQueried(
  extraction: Extraction,
  options: SourceOptions,
  { purpose, copies, signal }: Pick<PrepareOptions, 'purpose' | 'copies' | 'signal'>,
): Promise<readonly LoadedTable[]> {
  const loaded: LoadedTable[] = [];
  for (const [name, table] of Object.entries(extraction.view.queried ?? {})) {
    const source = otherSource(extraction.view, table, options);
    const own = { ...extraction, view: tableView(extraction.view, table) };
    if (purpose === 'describe') {
      const described = await nameUnavailableSource(table, () => source.describe(own, signal));
      loaded.push({ name, table, columns: queriedColumns(extraction.view, name, table, described), path: null });
      continue;
    }
    await using reading = await nameUnavailableSource(table, () => openReading(source, own, signal));
    const columns = queriedColumns(extraction.view, name, table, reading.columns);
    const counted = { rows: 0 };
    const lines = jsonLines(rowsOf(reading, table), { view: extraction.view, name, table, counted });
    const path = await copies.copy(lines, signal);
    loaded.push({ name, table, columns, path: counted.rows === 0 ? null : path });
  }
  return loaded;
}

/** A view that reads only this table. */
function tableView(view: FeatureView, { source, query }: QueriedTable): FeatureView {
  const { queried: _, pivot: __, declared: ___, ...rest } = view;
  return { ...rest, source, query, features: [], files: null, columns: null };
}

function otherSource(view: FeatureView, { source }: QueriedTable, { others }: SourceOptions): Source {
  if (others !== undefined) return others(source);
  throw new Failure(
    'DEFINITION_INVALID',
    text`View ${safe(view.name)}: the source ${safe(source)} cannot be read here.`,
  );
}

/** Does the work. If the source of the table is unavailable, the failure names it: the source of the view may be available. */
async function nameUnavailableSource<T>({ source }: QueriedTable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'SOURCE_UNAVAILABLE') throw error;
    throw new Failure(error.code, error.parts, { ...error.facts, source }, error.cause);
  }
}

async function* rowsOf(reading: Reading, table: QueriedTable): AsyncGenerator<RowBatch> {
  const rows = reading.rows()[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nameUnavailableSource(table, () => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rows.return?.();
  }
}

function queriedColumns(
  view: FeatureView,
  name: string,
  { source }: QueriedTable,
  columns: readonly Column[],
): QueriedColumn[] {
  const seen = new Set<string>();
  return columns.map((column) => {
    const field = fieldOf(column);
    const where = text`View ${safe(view.name)}: column ${JSON.stringify(column.name)} of the table ${safe(name)}, from source ${safe(source)},`;
    if (field === null) {
      const what = text`${where} is ${safe(column.nativeType)}, which is not supported; cast it to another type in the table's query.`;
      throw new Failure('SOURCE_SHAPE', what, { view: view.name });
    }
    const lower = column.name.toLowerCase();
    if (seen.has(lower)) {
      const what = text`${where} appears more than once (upper and lower case are not distinguished); rename it in the table's query.`;
      throw new Failure('SOURCE_SHAPE', what, { view: view.name });
    }
    seen.add(lower);
    return { ...column, field };
  });
}

function fieldOf({ type, nativeType }: Column): FieldType | 'date' | null {
  if (type !== 'decimal') return FIELDS[type] ?? null;
  const [, digits = '', places = '0'] = /\((\d+)(?:, ?(\d+))?\)/.exec(nativeType) ?? [];
  return digits !== '' && Number(digits) <= 38 ? `decimal(${Number(digits)},${Number(places)})` : 'decimal';
}

type Counting = {
  readonly view: FeatureView;
  readonly name: string;
  readonly table: QueriedTable;
  readonly counted: { rows: number };
};

/** One line of JSON for each row: `c0`, `c1` and so on, all of them text. */
async function* jsonLines(
  batches: AsyncIterable<RowBatch>,
  { view, name, table, counted }: Counting,
): AsyncGenerator<Buffer> {
  for await (const { rows, columns } of batches) {
    counted.rows += rows;
    if (counted.rows > table.rowsMax) {
      const what = text`View ${safe(view.name)}: the table ${safe(name)}, from source ${safe(table.source)}, has more than ${safe(table.rowsMax)} rows. Select fewer in its query, or raise \`rows_max\` of the table.`;
      throw new Failure('SOURCE_SHAPE', what, { view: view.name });
    }
    let lines = '';
    for (let row = 0; row < rows; row += 1) {
      const fields = columns.flatMap((texts, index) => {
        const field = texts[row] ?? null;
        // Sources cut such a field off. The row check would refuse it, but a query would work with the rest.
        if (field !== null && field.length > FIELD_CHARACTERS_MAX) throw tooLong(view, name, table);
        return field === null ? [] : [`"c${index}":${JSON.stringify(field)}`];
      });
      lines += `{${fields.join(',')}}\n`;
    }
    yield Buffer.from(lines);
  }
}

function tooLong(view: FeatureView, name: string, { source }: QueriedTable): Failure {
  const what = text`View ${safe(view.name)}: the table ${safe(name)}, from source ${safe(source)}, has a value of more than ${safe(FIELD_CHARACTERS_MAX.toLocaleString('en'))} characters; shorten it in the table's query.`;
  return new Failure('SOURCE_SHAPE', what, { view: view.name });
}

/** Creates the table. @throws Failure SOURCE_SHAPE for a value that its column cannot hold exactly; DuckDB's error. */
export async function createQueried(engine: Engine, view: FeatureView, loaded: LoadedTable): Promise<void> {
  const { name, table, columns, path } = loaded;
  const casts = columns.map((column, index) => ({ column, text: `c${index}`, cast: castOf(column.field) }));
  const types = casts.map(({ text: field }) => `${field}: 'VARCHAR'`).join(', ');
  const rows =
    path === null
      ? `(select ${casts.map(({ text: field }) => `null::varchar as ${field}`).join(', ')} where false)`
      : `read_json(${quotedText(path)}, format = 'newline_delimited', columns = {${types}})`;
  const wrong = casts.map(
    ({ text: field, cast }) => `coalesce(bool_or(${field} is not null and not ${cast.fits(field)}), false)::varchar`,
  );
  const [wrongColumns = []] = await engine.rows(`select ${wrong.join(', ')} from ${rows}`);
  const at = wrongColumns.indexOf('true');
  const bad = casts[at];
  if (bad !== undefined) {
    const what = text`View ${safe(view.name)}: column ${JSON.stringify(bad.column.name)} of the table ${safe(name)}, from source ${safe(table.source)}, has a value that is not ${safe(bad.cast.expected)}; convert it in the table's query.`;
    throw new Failure('SOURCE_SHAPE', what, { view: view.name });
  }
  const selected = casts.map(({ column, text: field, cast }) => `${cast.value(field)} as ${quotedName(column.name)}`);
  await engine.run(`create temp table ${quotedName(name)} as select ${selected.join(', ')} from ${rows}`);
}

type Cast = { value(text: string): string; fits(text: string): string; readonly expected: string };

const TEXT_CAST: Cast = { value: (field) => field, fits: () => 'true', expected: 'a string' };
const DATE_CAST: Cast = {
  value: (field) => `try_cast(${field} as date)`,
  fits: (field) => `(try_cast(${field} as date) is not null)`,
  expected: 'a date',
};

function castOf(field: QueriedColumn['field']): Cast {
  return field === 'date' ? DATE_CAST : (fileCastOf(field) ?? TEXT_CAST);
}

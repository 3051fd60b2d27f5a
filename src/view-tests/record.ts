// A test made from rows of a real source: some rows of each table that the query reads.

import { Failure } from '../core/failure.ts';
import type { Interval } from '../core/interval.ts';
import { safe, text } from '../core/message.ts';
import { isRawJson, withDigits } from '../core/raw-json.ts';
import { isJsonType } from '../definition/files/view-test-file.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';
import { queryOf } from '../definition/query/view-query.ts';
import type { FeatureView } from '../definition/view.ts';
import type { TestRow, ViewTest } from '../definition/view-test.ts';
import { canonicalTime } from '../feature-types/iso-time.ts';
import type { Column } from '../rows/batch.ts';
import { openReading, type Source } from '../sources/source.ts';
import { tablesIn } from './queried-tables.ts';

export type RecordRequest = {
  readonly source: Source;
  readonly view: FeatureView;
  readonly dialect: SqlDialect;
  readonly span: Interval | null;
  readonly rowsMax: number;
  readonly signal: AbortSignal;
};

type Recorded = Pick<ViewTest, 'given' | 'types'>;

const TIMES = ['timestamptz', 'timestamp', 'date'];

/** Reads rows of each table: those of the span if the table has a time, else any. */
export async function recordGiven(request: RecordRequest): Promise<Recorded> {
  const { view, dialect } = request;
  if (view.queried !== undefined) throw notRecorded(view);
  const tables = view.files === null ? await tablesIn(queryOf(view, dialect) ?? '', dialect) : Object.keys(view.files);
  const given: Record<string, readonly TestRow[]> = {};
  const types: Record<string, Record<string, string>> = {};
  for (const table of tables) {
    const { columns, rows } = await rowsOf(request, table);
    given[table] = rows;
    const typeOf = view.files?.[table]?.format === 'parquet' ? parquetType : TYPES[dialect];
    const found = columns.flatMap((column) => {
      const values = rows.map((row) => row[column.name]);
      const type = withJsonType(typeOf?.(column, values) ?? null, values);
      return type === null ? [] : [[column.name, type] as const];
    });
    if (found.length > 0) types[table] = Object.fromEntries(found);
  }
  return { given, types };
}

function notRecorded({ name }: FeatureView): Failure {
  const what = text`View ${safe(name)} has a table from another source, whose rows cannot be recorded. Write the test by hand.`;
  return new Failure('DEFINITION_INVALID', what, { view: name });
}

async function rowsOf(request: RecordRequest, table: string): Promise<{ columns: readonly Column[]; rows: TestRow[] }> {
  const { dialect, rowsMax } = request;
  const from = `select * from ${table
    .split('.')
    .map((name) => quoted(name, dialect))
    .join('.')}`;
  const all = await read(request, `${from} limit 0`);
  const times = all.columns.filter(({ type }) => TIMES.includes(type)).map(({ name }) => quoted(name, dialect));
  const within = times.map((name) => `(${name} >= {{start}} and ${name} < {{end}})`).join(' or ');
  const timed =
    within === '' || request.span === null ? null : await read(request, `${from} where ${within} limit ${rowsMax}`);
  const found = timed !== null && timed.rows.length > 0 ? timed : await read(request, `${from} limit ${rowsMax}`);
  return { columns: all.columns, rows: found.rows };
}

/** The rows of a query other than that of the view. */
async function read(
  { source, view, span, signal }: RecordRequest,
  query: string,
): Promise<{ columns: readonly Column[]; rows: TestRow[] }> {
  const { declared: _, pivot: __, ...plain } = view;
  await using reading = await openReading(source, { view: { ...plain, query, columns: null }, span }, signal);
  const rows: TestRow[] = [];
  for await (const batch of reading.rows()) {
    for (let row = 0; row < batch.rows; row += 1) {
      rows.push(
        Object.fromEntries(
          reading.columns.map((column, at) => [column.name, recordedValue(column, batch.columns[at]?.[row] ?? null)]),
        ),
      );
    }
  }
  return { columns: reading.columns, rows };
}

/** A number only where it is exact. */
function recordedValue({ type }: Column, text: string | null): unknown {
  if (text === null) return null;
  if (type === 'int' || type === 'float' || type === 'decimal')
    return Number.isFinite(Number(text)) && String(Number(text)) === text ? Number(text) : text;
  if (type === 'bool') return /^(?:t|true|1)$/i.test(text);
  if (type === 'json') return JSON.parse(text, withDigits);
  if (type === 'array') return listOf(text);
  return type === 'timestamptz' ? canonicalTime(text) : text;
}

/** NaN and infinite numbers are not JSON. */
function listOf(text: string): unknown {
  try {
    return JSON.parse(text, withDigits);
  } catch {
    return text;
  }
}

/** A test keeps the digits of numbers that are JSON if it says so. Only values of JSON are RawJson. */
function withJsonType(type: string | null, values: readonly unknown[]): string | null {
  return values.some(isRawJson) && !isJsonType(type) ? 'json' : type;
}

/** The type of a recorded column; null for that of its values. */
type RecordedType = (column: Column, values: readonly unknown[]) => string | null;

const TYPES: Readonly<Partial<Record<SqlDialect, RecordedType>>> = { postgres: recordedType, mysql: mysqlType };

/**
 * Of numbers that a YAML number would change, and are text. The type names in MySQL messages have no digits, but the server
 * writes all digits after the point.
 */
function mysqlType({ type, nativeType }: Column, values: readonly unknown[]): string | null {
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.length === 0) return null;
  if (type === 'float') return 'double';
  if (type === 'int') return /unsigned|bit/.test(nativeType) ? 'bigint unsigned' : 'bigint';
  const places = Math.max(...texts.map((text) => text.split('.')[1]?.length ?? 0));
  return type === 'decimal' ? `decimal(65, ${Math.min(places, MYSQL_PLACES_MAX)})` : null;
}

const MYSQL_PLACES_MAX = 30;

/** Other types of DuckDB, such as lists, have the values as JSON. */
function parquetType({ nativeType }: Column): string | null {
  return PARQUET_TYPES.test(nativeType) ? nativeType : null;
}

const PARQUET_TYPES =
  /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|BOOLEAN|DATE|TIMESTAMP(?: WITH TIME ZONE)?|VARCHAR)$/;

/** Types that a private Postgres does not have, such as an enum, have texts as values. */
function recordedType({ type, nativeType }: Column): string {
  const isArray = type === 'array';
  const element = isArray ? nativeType.replace(/(?:\[\])+$/, '') : nativeType;
  if (BUILT_IN.test(element)) return nativeType;
  if (!isArray) return 'text';
  return nativeType.endsWith(']') ? 'text[]' : 'double precision[]';
}

/** As format_type spells them, with their parameters. */
const BUILT_IN =
  /^(?:smallint|integer|bigint|oid|real|double precision|numeric|boolean|date|time(?:stamp)?|interval|text|name|uuid|json|jsonb|bytea|money|inet|cidr|macaddr8?|bit(?: varying)?|xml|"char"|character(?: varying)?)(?:\([\d,]+\))?(?: with(?:out)? time zone)?$/;

function quoted(name: string, dialect: SqlDialect): string {
  return dialect === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`;
}

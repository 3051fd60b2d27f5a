// Maps DuckDB's types to column types, and its values to the exact text that the row check expects.
//
// Numbers and times leave DuckDB in typed vectors and are formatted here, which is several times faster than in DuckDB. Values
// that are not exact in JavaScript are formatted in DuckDB.

import {
  DuckDBArrayType,
  type DuckDBDateValue,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBTimestampTZValue,
  type DuckDBType,
  DuckDBTypeId,
  DuckDBUnionType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { ColumnType } from '../../feature-types/column-type.ts';
import { TEXT_BYTES_MAX } from '../../feature-types/string.ts';
import type { Column } from '../../rows/batch.ts';
import { quotedName } from '../formats/quote.ts';
import { withShortFloats } from './duckdb-floats.ts';

/** A column of a query, with the conversion of its values to text. */
export type TextColumn = Column & {
  /** The SQL expression over the quoted column. */
  readonly expression: (column: string) => string;
  readonly text: (value: NonNullable<DuckDBValue>) => string;
};

type Conversion = {
  readonly type: ColumnType;
  readonly expression?: (column: string, type: DuckDBType) => string;
  readonly text?: TextColumn['text'];
};

/** The characters kept of a string that is too long; more than quarantine shows. */
const SHOWN = 600;
/** Longer than the longest vector. */
const LIST_CHARACTERS_MAX = 1_048_576;

const asVarchar = (column: string): string => `${column}::varchar`;
// NaN and infinity have other names in DuckDB's text.
const shortFloat = (column: string): string => `replace(replace(${column}::varchar, 'nan', 'NaN'), 'inf', 'Infinity')`;
// The driver removes a byte order mark from the start of every text, so one is added. A few bytes of Parquet can expand to
// gigabytes of text. A string that is too long for the row check is cut so that it is just too long.
const asText = (column: string): string =>
  `case when strlen(${column}) > ${TEXT_BYTES_MAX} then rpad(left(${column}, ${SHOWN}), ${TEXT_BYTES_MAX + 1}, '…')
     when starts_with(${column}, chr(65279)) then chr(65279) || ${column} else ${column} end`;
const asJson = (column: string, type: DuckDBType): string =>
  `left(to_json(${withShortFloats(column, type)})::varchar, ${LIST_CHARACTERS_MAX})`;

const T = DuckDBTypeId;
const INT: Conversion = { type: 'int' };
const TEXT: Conversion = { type: 'text', expression: asVarchar };
const LIST: Conversion = { type: 'array', expression: asJson };
const OBJECT: Conversion = { type: 'json', expression: asJson };
// Seconds, milliseconds and nanoseconds keep all digits, so that the row check sees those below microseconds.
const OTHER_TIMESTAMP: Conversion = { type: 'timestamp', expression: asVarchar };

const CONVERSIONS: ReadonlyMap<DuckDBTypeId, Conversion> = new Map<DuckDBTypeId, Conversion>([
  ...[T.TINYINT, T.SMALLINT, T.INTEGER, T.BIGINT, T.HUGEINT].map((id) => [id, INT] as const),
  ...[T.UTINYINT, T.USMALLINT, T.UINTEGER, T.UBIGINT, T.UHUGEINT].map((id) => [id, INT] as const),
  [T.DOUBLE, { type: 'float', text: doubleText }],
  [T.FLOAT, { type: 'float', expression: shortFloat }],
  [T.DECIMAL, { type: 'decimal' }],
  [T.BOOLEAN, { type: 'bool' }],
  [T.TIMESTAMP_TZ, { type: 'timestamptz', text: zonedText }],
  [T.TIMESTAMP, { type: 'timestamp', text: timestampText }],
  [T.TIMESTAMP_S, OTHER_TIMESTAMP],
  [T.TIMESTAMP_MS, OTHER_TIMESTAMP],
  [T.TIMESTAMP_NS, OTHER_TIMESTAMP],
  [T.DATE, { type: 'date', text: dateText }],
  [T.VARCHAR, { type: 'text', expression: asText }],
  [T.ENUM, { type: 'text', expression: (column) => asText(asVarchar(column)) }],
  [T.UUID, TEXT],
  [T.LIST, LIST],
  [T.ARRAY, LIST],
  [T.STRUCT, OBJECT],
  [T.MAP, OBJECT],
]);

const OTHER: Conversion = { type: 'other', expression: asVarchar };

/** JSON cannot hold bytes. DuckDB would write `\\xFF`, as if it were text. */
function holdsBytes(type: DuckDBType): boolean {
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) return holdsBytes(type.valueType);
  if (type instanceof DuckDBMapType) return holdsBytes(type.keyType) || holdsBytes(type.valueType);
  if (type instanceof DuckDBStructType || type instanceof DuckDBUnionType) return entriesOf(type).some(holdsBytes);
  return type.typeId === T.BLOB || type.typeId === T.BIT;
}

function entriesOf(type: DuckDBStructType | DuckDBUnionType): readonly DuckDBType[] {
  return type instanceof DuckDBStructType ? type.entryTypes : type.memberTypes;
}

/** The column of a query's result of this name and type. `zeros: 'strip'` writes 1.500 as 1.5. */
export function textColumn(name: string, type: DuckDBType, zeros: 'keep' | 'strip'): TextColumn {
  const found = holdsBytes(type) ? OTHER : (CONVERSIONS.get(type.typeId) ?? OTHER);
  const text = found.text ?? (found.type === 'decimal' && zeros === 'strip' ? strippedText : String);
  return {
    name,
    type: type.alias === 'JSON' ? 'json' : found.type,
    nativeType: type.alias ?? type.toString(),
    expression: (column) => found.expression?.(column, type) ?? column,
    text,
  };
}

/** Wraps the query in the expressions of its columns, if any column needs one. */
export function textQuery(query: string, columns: readonly TextColumn[]): string {
  const names = columns.map((_, index) => quotedName(`c${index}`));
  const expressions = columns.map(({ expression }, index) => expression(names[index] ?? ''));
  if (expressions.every((expression, index) => expression === names[index])) return query;
  return `select ${expressions.join(', ')} from (${query}\n) as query(${names.join(', ')})`;
}

function doubleText(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function strippedText(value: unknown): string {
  const text = String(value);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

let lastDay = Number.NaN;
let lastDayText = '';

/** `2026-01-31 23:59:59.123456`. */
function timestampText(value: unknown): string {
  const { micros } = value as DuckDBTimestampTZValue; // from the type of the column, as below
  const count = Number(micros);
  if (!Number.isSafeInteger(count)) return distantText(micros);
  const day = Math.floor(count / 86_400_000_000);
  const rest = count - day * 86_400_000_000;
  if (day !== lastDay) {
    lastDay = day;
    lastDayText = new Date(day * 86_400_000).toISOString().slice(0, 10);
  }
  const seconds = Math.floor(rest / 1_000_000);
  const fraction = rest - seconds * 1_000_000;
  const time = `${pair(Math.floor(seconds / 3600))}:${pair(Math.floor(seconds / 60) % 60)}:${pair(seconds % 60)}`;
  return `${lastDayText} ${time}${fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`}`;
}

const PAIRS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

function pair(number: number): string {
  return PAIRS[number] ?? '';
}

function zonedText(value: unknown): string {
  const text = timestampText(value);
  return text.endsWith('infinity') ? text : `${text}+00`;
}

function distantText(micros: bigint): string {
  const inSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((micros - inSecond) / 1_000_000n);
  // Infinity is stored as the largest number of microseconds. The year 290000 is not a valid time anyway.
  if (Math.abs(seconds) > 8.64e12) return micros > 0n ? 'infinity' : '-infinity';
  const fraction = inSecond === 0n ? '' : `.${String(inSecond).padStart(6, '0')}`;
  return new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', fraction);
}

function dateText(value: unknown): string {
  const { days } = value as DuckDBDateValue;
  if (Math.abs(days) > 100_000_000) return days > 0 ? 'infinity' : '-infinity';
  return new Date(days * 86_400_000).toISOString().replace(/T.*$/, '');
}

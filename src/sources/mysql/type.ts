// Maps MySQL and MariaDB types to column types, and values of the binary protocol to the text that the row check expects.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html

import type { FieldPacket } from 'mysql2';
import type { FeatureView } from '../../definition/view.ts';
import type { ColumnType } from '../../feature-types/column-type.ts';
import { entryOf } from '../../feature-types/index.ts';
import type { Column } from '../../rows/batch.ts';

/** A value as returned by the driver with the options used here. */
export type MysqlValue = string | number | Buffer | null;

/** A column with the conversion of a value that is not null to text; null if the value already is that text. */
export type MysqlColumn = Column & { readonly convert: ((value: Exclude<MysqlValue, null>) => string) | null };

/** Code in the protocol → the name of the type, and its column type. */
const TYPES: Readonly<Record<number, readonly [string, ColumnType]>> = {
  0: ['decimal', 'decimal'],
  1: ['tinyint', 'int'],
  2: ['smallint', 'int'],
  3: ['int', 'int'],
  4: ['float', 'float'],
  5: ['double', 'float'],
  6: ['null', 'text'],
  7: ['timestamp', 'timestamptz'], // an instant, which the server returns in the session's zone: UTC
  8: ['bigint', 'int'],
  9: ['mediumint', 'int'],
  10: ['date', 'date'],
  11: ['time', 'other'],
  12: ['datetime', 'timestamp'],
  13: ['year', 'int'],
  16: ['bit', 'int'],
  242: ['vector', 'other'],
  245: ['json', 'json'],
  246: ['decimal', 'decimal'],
  255: ['geometry', 'other'],
};
/** Types that the driver returns as exact numbers. It returns bigint as text. */
const NUMBERS = [1, 2, 3, 9, 13];
const FLOAT = 4;
const DOUBLE = 5;
const TIMESTAMP = 7;
const BIT = 16;
const BINARY_CHARSET = 63;
const UNSIGNED = 32;
/** MariaDB's types that are sent as text but are not text, unlike uuid, inet6 and others. */
const NOT_TEXT = /point|linestring|polygon|geometry|multi|vector/;
const SMALLEST_NORMAL_FLOAT = 1.1754943508222875e-38;

/** The columns of a statement. MySQL has no boolean type, so integers are converted if the feature's type supports it. */
export function mysqlColumns(fields: readonly FieldPacket[], view: FeatureView): MysqlColumn[] {
  const entries = new Map(view.features.map(({ column, type }) => [column, entryOf(type)]));
  return fields.map((field) => {
    const column = { name: field.name, nativeType: nativeType(field), type: typeOf(field) };
    const convert = converter(field);
    const entry = entries.get(field.name);
    if (column.type !== 'int' || entry === undefined || entry.textOfInteger === null) return { ...column, convert };
    const { textOfInteger, columns } = entry;
    return { ...column, type: columns[0], convert: (value) => textOfInteger(convert?.(value) ?? String(value)) };
  });
}

function typeOf({ columnType = -1, characterSet, extendedFormat, extendedTypeName = '' }: FieldPacket): ColumnType {
  if (extendedFormat === 'json') return 'json';
  const known = TYPES[columnType];
  if (known !== undefined) return known[1];
  return characterSet === BINARY_CHARSET || NOT_TEXT.test(extendedTypeName) ? 'other' : 'text';
}

function nativeType(field: FieldPacket): string {
  const { columnType = -1, columnLength, decimals, flags, extendedTypeName, extendedFormat } = field;
  const name = extendedTypeName ?? extendedFormat ?? TYPES[columnType]?.[0];
  if (name === undefined) return field.characterSet === BINARY_CHARSET ? 'a binary string' : 'a character string';
  const isUnsigned = typeof flags === 'number' && (flags & UNSIGNED) !== 0;
  if (name === 'tinyint' && columnLength === 1) return 'tinyint(1)';
  if (name === 'datetime' || name === 'timestamp') return decimals === 0 ? name : `${name}(${decimals})`;
  return TYPES[columnType]?.[1] === 'int' && isUnsigned && name !== 'bit' && name !== 'year'
    ? `${name} unsigned`
    : name;
}

function converter({ columnType }: FieldPacket): MysqlColumn['convert'] {
  if (columnType === FLOAT) return (value) => floatText(Number(value));
  if (columnType === DOUBLE) return (value) => doubleText(Number(value));
  if (columnType === TIMESTAMP) return (value) => `${value}+00`;
  if (columnType === BIT) return bitText;
  return columnType !== undefined && NUMBERS.includes(columnType) ? String : null;
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The shortest text that identifies this 32-bit float, as in Postgres: 0.1, not 0.10000000149011612. */
function floatText(value: number): string {
  let digits = Math.abs(value) < SMALLEST_NORMAL_FLOAT ? 1 : 6;
  while (digits < 9 && Math.fround(Number(value.toPrecision(digits))) !== value) digits += 1;
  return doubleText(Number(value.toPrecision(digits)));
}

function bitText(value: Exclude<MysqlValue, null>): string {
  return Buffer.isBuffer(value) ? BigInt(`0x${value.toString('hex')}`).toString() : String(value);
}

// The column types of ClickHouse types.
// https://clickhouse.com/docs/sql-reference/data-types

import type { ColumnType } from '../../feature-types/column-type.ts';
import type { ClickhouseType } from './type-text.ts';

const INTEGER = /^U?Int(?:8|16|32|64|128|256)$/;
const TYPES: Readonly<Record<string, ColumnType>> = {
  Float32: 'float',
  Float64: 'float',
  BFloat16: 'float',
  Decimal: 'decimal',
  Bool: 'bool',
  String: 'text',
  FixedString: 'text',
  Enum8: 'text',
  Enum16: 'text',
  UUID: 'text',
  IPv4: 'text',
  IPv6: 'text',
  Nothing: 'text', // the type of NULL
  Date: 'date',
  Date32: 'date',
  DateTime: 'timestamptz', // an instant, which is written in UTC
  DateTime64: 'timestamptz',
  JSON: 'json',
  Array: 'array',
  Tuple: 'json',
  Map: 'json',
  Nested: 'json',
};

/** Also `other` for a list or object with a value that has no column type. */
export function columnType(type: ClickhouseType): ColumnType {
  if (isInteger(type)) return 'int';
  const found = TYPES[type.name] ?? 'other';
  return type.parts.every((part) => isElement(part.type)) ? found : 'other';
}

/** JSON in a list is not supported: its text has no quotes that mark where it ends. */
function isElement(type: ClickhouseType): boolean {
  return type.name !== 'JSON' && columnType(type) !== 'other';
}

export function isInteger({ name }: ClickhouseType): boolean {
  return INTEGER.test(name);
}

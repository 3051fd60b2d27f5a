// One type for a column with different types in different files: the narrowest type that keeps all values unchanged.

import { elementType, mapTypes, plainName, type StructField, structFields, structType } from './nested-type.ts';
import { quotedText } from './quote.ts';

/** The conversion of a column to another type. */
export type Widening = {
  /** The converted value; arbitrary for an invalid one. */
  readonly value: (column: string) => string;
  /** SQL for whether a value is valid, never null; null if all values are. */
  readonly fits: ((column: string) => string) | null;
  /** The valid values, for messages. */
  readonly expected: string;
};

const SIGNED = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'];
const UNSIGNED = ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];
/** The decimal digits of the largest number of each type. */
const DIGITS = new Map([
  ...[3, 5, 10, 19, 39].map((digits, index) => [SIGNED[index] ?? '', digits] as const),
  ...[3, 5, 10, 20].map((digits, index) => [UNSIGNED[index] ?? '', digits] as const),
]);
const DECIMAL_DIGITS_MAX = 38;

/** The type of a column in a table of files: the file's type, with times in microseconds. */
export function tableType(type: string): string {
  if (type === 'TIMESTAMPTZ_NS') return 'TIMESTAMP WITH TIME ZONE';
  return type === 'TIMESTAMP_NS' || type === 'INT96' ? 'TIMESTAMP' : type;
}

/** The type that can hold both; null if values would be lost. */
export function widerType(first: string, second: string): string | null {
  const [a, b] = [tableType(first), tableType(second)];
  if (a === b || b === 'NULL') return a;
  if (a === 'NULL') return b;
  const nested = widerList(a, b) ?? widerStruct(a, b) ?? widerMap(a, b);
  return nested ?? widerInteger(a, b) ?? widerFloat(a, b) ?? widerDecimal(a, b);
}

function widerList(a: string, b: string): string | null {
  const [first, second] = [elementType(a), elementType(b)];
  if (first === null || second === null) return null;
  const wider = widerInside(first, second);
  return wider === null ? null : `${wider}[]`;
}

/** A field that only one of them has is null in the other. */
function widerStruct(a: string, b: string): string | null {
  const [first, second] = [structFields(a), structFields(b)];
  if (first === null || second === null) return null;
  const fields: StructField[] = [];
  for (const field of first) {
    const other = fieldOf(second, field);
    const type = other === undefined ? field.type : widerInside(field.type, other.type);
    if (type === null) return null;
    fields.push({ name: field.name, type });
  }
  return structType([...fields, ...second.filter((field) => fieldOf(first, field) === undefined)]);
}

/** As in SQL, names that differ only in case are the same field. */
function fieldOf(fields: readonly StructField[], wanted: StructField): StructField | undefined {
  const name = plainName(wanted).toLowerCase();
  return fields.find((field) => plainName(field).toLowerCase() === name);
}

/** Of maps with the same type of keys. */
function widerMap(a: string, b: string): string | null {
  const [first, second] = [mapTypes(a), mapTypes(b)];
  if (first === null || second === null || first.key !== second.key) return null;
  const value = widerInside(first.value, second.value);
  return value === null ? null : `MAP(${first.key}, ${value})`;
}

/** The values inside lists, structs and maps are not checked one by one. */
function widerInside(a: string, b: string): string | null {
  if (a === b) return a;
  const wider = widerType(a, b);
  return wider !== null && [a, b].every((type) => widening(type, wider).fits === null) ? wider : null;
}

function widerInteger(a: string, b: string): string | null {
  for (const types of [SIGNED, UNSIGNED]) {
    if (types.includes(a) && types.includes(b)) return types[Math.max(types.indexOf(a), types.indexOf(b))] ?? null;
  }
  const [signed, unsigned] = SIGNED.includes(a) ? [a, b] : [b, a];
  if (!SIGNED.includes(signed) || !UNSIGNED.includes(unsigned)) return null;
  return SIGNED[Math.max(SIGNED.indexOf(signed), UNSIGNED.indexOf(unsigned) + 1)] ?? null;
}

/** Integers are checked one by one, because not all of them are exact as floats. */
function widerFloat(a: string, b: string): string | null {
  const isFloat = (type: string) => type === 'FLOAT' || type === 'DOUBLE';
  if (!isFloat(a) && !isFloat(b)) return null;
  return [a, b].every((type) => isFloat(type) || DIGITS.has(type)) ? 'DOUBLE' : null;
}

function widerDecimal(a: string, b: string): string | null {
  const [first, second] = [decimalOf(a), decimalOf(b)];
  if (first === null || second === null) return null;
  const places = Math.max(first.places, second.places);
  const digits = Math.max(first.digits - first.places, second.digits - second.places) + places;
  return digits > DECIMAL_DIGITS_MAX ? null : `DECIMAL(${digits},${places})`;
}

function decimalOf(type: string): { readonly digits: number; readonly places: number } | null {
  const whole = DIGITS.get(type);
  if (whole !== undefined) return { digits: whole, places: 0 };
  const [, digits, places] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return digits === undefined ? null : { digits: Number(digits), places: Number(places) };
}

/** The conversion of a column to a type from `tableType` or `widerType`. */
export function widening(from: string, to: string): Widening {
  if (from === to && !hasUntypedField(from)) return { value: (column) => column, fits: null, expected: to };
  if (from === 'TIMESTAMP_NS') return wholeMicroseconds('TIMESTAMP');
  if (from === 'TIMESTAMPTZ_NS') return wholeMicroseconds('TIMESTAMP::TIMESTAMPTZ');
  if (from === 'INT96') return TWELVE_BYTES;
  if (from === 'NULL[]') return onlyNulls(to.slice(0, -2));
  const nested = structWidening(from, to) ?? listWidening(from, to) ?? mapWidening(from, to);
  if (nested !== null) return nested;
  // The shortest text of the float: 0.1 and not 0.10000000149011612.
  if (from === 'FLOAT') return cast('VARCHAR', to);
  if (from === 'FLOAT[]') return cast('VARCHAR[]', to);
  if (to === 'DOUBLE' && (DIGITS.get(from) ?? 0) > DOUBLE_DIGITS) return EXACT_IN_DOUBLE;
  return cast(to);
}

function cast(...types: readonly string[]): Widening {
  return { value: (column) => [column, ...types].join('::'), fits: null, expected: types.at(-1) ?? '' };
}

/** DuckDB reads an untyped list as a list of integers, which cannot be cast to every type. */
function onlyNulls(element: string): Widening {
  const value = (column: string) => `list_transform(${column}, lambda each: null::${sqlType(element)})`;
  return { value, fits: null, expected: '' };
}

/** Each field on its own; a field without a type is null. */
function structWidening(from: string, to: string): Widening | null {
  const [own, wanted] = [structFields(from), structFields(to)];
  if (own === null || wanted === null) return null;
  const value = (column: string) => {
    const fields = wanted.map((field) => `${quotedText(plainName(field))}: ${fieldValue(column, own, field)}`);
    return `case when ${column} is not null then {${fields.join(', ')}} end`;
  };
  return { value, fits: null, expected: to };
}

function fieldValue(column: string, own: readonly StructField[], wanted: StructField): string {
  const field = fieldOf(own, wanted);
  if (field === undefined || field.type === 'NULL') return `null::${sqlType(wanted.type)}`;
  return widening(field.type, wanted.type).value(`struct_extract(${column}, ${quotedText(plainName(field))})`);
}

/** For lists of lists, structs or maps; others are cast. */
function listWidening(from: string, to: string): Widening | null {
  const [own, wanted] = [elementType(from), elementType(to)];
  if (own === null || wanted === null || !isNested(own)) return null;
  const { value } = widening(own, wanted);
  return { value: (column) => transformed(column, value), fits: null, expected: to };
}

function mapWidening(from: string, to: string): Widening | null {
  const [own, wanted] = [mapTypes(from), mapTypes(to)];
  if (own === null || wanted === null) return null;
  const { value } = widening(own.value, wanted.value);
  const map = (column: string) => `map(map_keys(${column}), ${transformed(`map_values(${column})`, value)})`;
  return { value: (column) => `case when ${column} is not null then ${map(column)} end`, fits: null, expected: to };
}

/** The list with each element converted. */
function transformed(list: string, value: Widening['value']): string {
  // Lists inside lists need different names.
  const each = `each_${list.length}`;
  return `list_transform(${list}, lambda ${each}: ${value(each)})`;
}

function isNested(type: string): boolean {
  return elementType(type) !== null || structFields(type) !== null || mapTypes(type) !== null;
}

/** Whether a struct has a field without a type, at any depth. DuckDB calls it an INTEGER. */
export function hasUntypedField(type: string): boolean {
  const element = elementType(type);
  if (element !== null) return hasUntypedField(element);
  return (structFields(type) ?? []).some((field) => field.type.startsWith('NULL') || hasUntypedField(field.type));
}

/** The type in SQL. */
export function sqlType(type: string): string {
  return withNulls(type, '"NULL"');
}

/** The type in SQL, with another type for what has none. */
export function withNulls(type: string, ofNull: string): string {
  if (type === 'NULL') return ofNull;
  const element = elementType(type);
  if (element !== null) return `${withNulls(element, ofNull)}[]`;
  const fields = structFields(type)?.map((field) => ({ ...field, type: withNulls(field.type, ofNull) }));
  return fields === undefined ? type : structType(fields);
}

const IN_MICROSECONDS = 'a time in whole microseconds';

/** For a column that DuckDB reads as TIMESTAMP_NS. */
function wholeMicroseconds(type: string): Widening {
  return {
    value: (column) => `${column}::${type}`,
    fits: (column) => `coalesce(epoch_ns(${column}) % 1000 = 0, true)`,
    expected: IN_MICROSECONDS,
  };
}

/** The bytes of an INT96: the nanoseconds of a day and the Julian day, both little-endian. */
const TWELVE_BYTES: Widening = {
  // Days after the year 9999 would overflow. The row check refuses them.
  value: (column) => {
    const [day, nanoseconds] = [numberAt(column, 8), nanosecondsOf(column)];
    const time = `make_timestamp((${day} - 2440588) * 86400000000 + ${nanoseconds} // 1000)`;
    return `case when ${day} > 5373484 then 'infinity'::timestamp else ${time} end`;
  },
  fits: (column) => `coalesce(${nanosecondsOf(column)} % 1000 = 0, true)`,
  expected: IN_MICROSECONDS,
};

/** Eight signed bytes: some writers count backwards from the next midnight. */
function nanosecondsOf(column: string): string {
  const [low, high] = [numberAt(column, 0), numberAt(column, 4)];
  return `(((${high} + 2147483648) % 4294967296 - 2147483648) * 4294967296 + ${low})`;
}

/** Four unsigned bytes. */
function numberAt(column: string, from: number): string {
  const digits = [4, 3, 2, 1].map((byte) => `substring(hex(${column}), ${2 * (from + byte) - 1}, 2)`);
  return `('0x' || ${digits.join(' || ')})::bigint`;
}

/** Every integer with this many digits is exact as a double. */
const DOUBLE_DIGITS = 15;

const EXACT_IN_DOUBLE: Widening = {
  value: (column) => `${column}::DOUBLE`,
  fits: (column) => `coalesce(${column}::DOUBLE::HUGEINT = ${column}, true)`,
  expected: 'an integer that a 64-bit float can represent exactly, because other files have floats in this column',
};

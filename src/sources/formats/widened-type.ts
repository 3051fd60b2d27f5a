// One type for a column with different types in different files: the narrowest type that keeps all values unchanged.

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
  if (a.endsWith('[]') && b.endsWith('[]')) return widerList(a.slice(0, -2), b.slice(0, -2));
  return widerInteger(a, b) ?? widerFloat(a, b) ?? widerDecimal(a, b);
}

/** The elements of lists are not checked one by one. */
function widerList(a: string, b: string): string | null {
  const wider = widerType(a, b);
  const isSafe = wider !== null && [a, b].every((type) => widening(type, wider).fits === null);
  return isSafe ? `${wider}[]` : null;
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
  if (from === to) return { value: (column) => column, fits: null, expected: to };
  if (from === 'TIMESTAMP_NS') return wholeMicroseconds('TIMESTAMP');
  if (from === 'TIMESTAMPTZ_NS') return wholeMicroseconds('TIMESTAMP::TIMESTAMPTZ');
  if (from === 'INT96') return TWELVE_BYTES;
  if (from === 'NULL[]') return onlyNulls(to.slice(0, -2));
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
  return { value: (column) => `list_transform(${column}, lambda each: null::${element})`, fits: null, expected: '' };
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
  expected: 'an integer that is exact as a 64-bit float, because other files have floats in this column',
};

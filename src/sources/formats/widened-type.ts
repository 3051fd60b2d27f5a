// One type for a column that files give different types: the narrowest that holds every value of each of them unchanged.

/** How a column of one type becomes one of another. */
export type Widening = {
  /** The value; of a value that does not fit, anything. */
  readonly value: (column: string) => string;
  /** Whether a value fits, never null; null where all do. */
  readonly fits: ((column: string) => string) | null;
  /** What fits, for messages. */
  readonly expected: string;
};

const SIGNED = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'];
const UNSIGNED = ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];
/** Decimal digits that the largest number of each may have. */
const DIGITS = new Map([
  ...[3, 5, 10, 19, 39].map((digits, index) => [SIGNED[index] ?? '', digits] as const),
  ...[3, 5, 10, 20].map((digits, index) => [UNSIGNED[index] ?? '', digits] as const),
]);
const DECIMAL_DIGITS_MAX = 38;

/** The type of a column in a table of files: as it is in its file, but times hold microseconds as everywhere else. */
export function tableType(type: string): string {
  if (type === 'TIMESTAMPTZ_NS') return 'TIMESTAMP WITH TIME ZONE';
  return type === 'TIMESTAMP_NS' || type === 'INT96' ? 'TIMESTAMP' : type;
}

/** The type that both fit into; null where something would be lost. */
export function widerType(first: string, second: string): string | null {
  const [a, b] = [tableType(first), tableType(second)];
  if (a === b || b === 'NULL') return a;
  if (a === 'NULL') return b;
  if (a.endsWith('[]') && b.endsWith('[]')) return widerList(a.slice(0, -2), b.slice(0, -2));
  return widerInteger(a, b) ?? widerFloat(a, b) ?? widerDecimal(a, b);
}

/** Of lists nothing is checked value by value. */
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

/** Whole numbers are checked one by one: not all of them are floats. */
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

/** How a column of the file's type becomes one of a type that `tableType` or `widerType` gave for it. */
export function widening(from: string, to: string): Widening {
  if (from === to) return { value: (column) => column, fits: null, expected: to };
  if (from === 'TIMESTAMP_NS') return wholeMicroseconds('TIMESTAMP');
  if (from === 'TIMESTAMPTZ_NS') return wholeMicroseconds('TIMESTAMP::TIMESTAMPTZ');
  if (from === 'INT96') return TWELVE_BYTES;
  if (from === 'NULL[]') return onlyNulls(to.slice(0, -2));
  // As short as such a float is written elsewhere: 0.1 and not 0.10000000149011612.
  if (from === 'FLOAT') return cast('VARCHAR', to);
  if (from === 'FLOAT[]') return cast('VARCHAR[]', to);
  if (to === 'DOUBLE' && (DIGITS.get(from) ?? 0) > DOUBLE_DIGITS) return EXACT_IN_DOUBLE;
  return cast(to);
}

function cast(...types: readonly string[]): Widening {
  return { value: (column) => [column, ...types].join('::'), fits: null, expected: types.at(-1) ?? '' };
}

/** DuckDB reads a list without a type as one of integers, which is not cast to everything. */
function onlyNulls(element: string): Widening {
  return { value: (column) => `list_transform(${column}, lambda each: null::${element})`, fits: null, expected: '' };
}

const IN_MICROSECONDS = 'a time in whole microseconds';

/** Of a column that is a TIMESTAMP_NS for DuckDB. */
function wholeMicroseconds(type: string): Widening {
  return {
    value: (column) => `${column}::${type}`,
    fits: (column) => `coalesce(epoch_ns(${column}) % 1000 = 0, true)`,
    expected: IN_MICROSECONDS,
  };
}

/** INT96 as its bytes: the nanoseconds of a day, and the Julian day, both with their last byte first. */
const TWELVE_BYTES: Widening = {
  // Days beyond the year 9999, which the row check refuses, would not fit.
  value: (column) => {
    const [day, nanoseconds] = [numberAt(column, 8), nanosecondsOf(column)];
    const time = `make_timestamp((${day} - 2440588) * 86400000000 + ${nanoseconds} // 1000)`;
    return `case when ${day} > 5373484 then 'infinity'::timestamp else ${time} end`;
  },
  fits: (column) => `coalesce(${nanosecondsOf(column)} % 1000 = 0, true)`,
  expected: IN_MICROSECONDS,
};

/** Eight bytes with a sign: some writers count back from the next midnight. */
function nanosecondsOf(column: string): string {
  const [low, high] = [numberAt(column, 0), numberAt(column, 4)];
  return `(((${high} + 2147483648) % 4294967296 - 2147483648) * 4294967296 + ${low})`;
}

/** Four bytes without a sign. */
function numberAt(column: string, from: number): string {
  const digits = [4, 3, 2, 1].map((byte) => `substring(hex(${column}), ${2 * (from + byte) - 1}, 2)`);
  return `('0x' || ${digits.join(' || ')})::bigint`;
}

/** Every whole number of so many digits is a double. */
const DOUBLE_DIGITS = 15;

const EXACT_IN_DOUBLE: Widening = {
  value: (column) => `${column}::DOUBLE`,
  fits: (column) => `coalesce(${column}::DOUBLE::HUGEINT = ${column}, true)`,
  expected: 'a whole number that a 64-bit float holds exactly, as other files have floats in this column',
};

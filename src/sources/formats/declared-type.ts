// The types that a view declares for the columns of csv and json files: how a field's text becomes a value in DuckDB, and
// which texts fit. DuckDB's own casts are too kind for this: 1.5 becomes the bigint 2, 1e999 becomes infinity.

import type { FieldType } from '../../definition/view.ts';

/** Expressions over the SQL of a field's text. `value` is null where the text does not fit; `fits` is never null. */
export type DeclaredType = {
  value(text: string): string;
  fits(text: string): string;
  /** What fits, for messages. */
  readonly expected: string;
};

const NUMBER = String.raw`[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`;
/** An exponent of more digits makes no number that a column holds. */
const SPELLED_NUMBER = String.raw`[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?`;
/** Hours and offsets as the row check takes them: DuckDB makes the next day of 24:00, and four days of +99:99. */
const ISO_TIME = String.raw`\d{4}-\d{2}-\d{2}([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6}0*)?)?( ?([Zz]|UTC|[+-](0\d|1[0-5])(:?[0-5]\d)?))?)?`;
const JSON_NUMBER = String.raw`-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`;
const JSON_NUMBERS = String.raw`\s*\[\s*(${JSON_NUMBER}(\s*,\s*${JSON_NUMBER})*)?\s*\]\s*`;

/** How fields of a declared type are read; null for text, which is read as it is. */
export function declaredType(type: FieldType): DeclaredType | null {
  switch (type) {
    case 'string':
      return null;
    case 'float':
      return FLOAT;
    case 'int':
      return exactNumber('bigint', '[+-]?[0-9]+', 0, 'a whole number of 64 bits');
    case 'decimal':
      return decimal(38, 9);
    case 'bool':
      return matching('boolean', '(?i)true|false|t|f|1|0', 'true or false');
    case 'json':
      return {
        value: (text) => `try_cast(${text} as json)`,
        fits: (text) => `json_valid(${text})`,
        expected: 'valid JSON',
      };
    case 'timestamp':
      return TIMESTAMP;
    default:
      return type.startsWith('vector') ? VECTOR : decimalOf(type);
  }
}

function decimalOf(type: string): DeclaredType {
  const [, digits, places] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? [];
  return decimal(Number(digits), Number(places));
}

/**
 * Without more, a decimal has up to 29 digits before the point and 9 after it, so that sums and products of a csv's amounts
 * are exact; a field with more does not fit. (A product of two has 18 after the point, and a sum keeps what it adds up.)
 */
function decimal(digits: number, places: number): DeclaredType {
  const fraction = places === 0 ? '0*' : `[0-9]{0,${places}}0*`;
  const bare = places === 0 ? '\\.0+' : `\\.[0-9]{1,${places}}0*`;
  return exactNumber(
    `decimal(${digits}, ${places})`,
    `[+-]?([0-9]+(\\.${fraction})?|${bare})`,
    places,
    `a decimal of at most ${digits - places} digits before and ${places} after the point`,
  );
}

function matching(sqlType: string, expression: string, expected: string): DeclaredType {
  const value = (text: string) => `try_cast(${text} as ${sqlType})`;
  return {
    value,
    fits: (text) => `(regexp_full_match(${text}, '${expression}') and ${value(text)} is not null)`,
    expected,
  };
}

/** Numbers in the plain spelling, and those with an exponent (or, for whole ones, a point) that say the same exactly. */
function exactNumber(sqlType: string, plain: string, places: number, expected: string): DeclaredType {
  const value = (text: string) => `try_cast(${text} as ${sqlType})`;
  const isExact = (text: string) =>
    `regexp_full_match(${text}, '${SPELLED_NUMBER}') and ${placesOf(text)} <= ${places}`;
  return {
    value,
    // The usual spelling is looked at first, and alone.
    fits: (text) =>
      `(case when regexp_full_match(${text}, '${plain}') then true else ${isExact(text)} end and ${value(text)} is not null)`,
    expected,
  };
}

/** How many digits a number has after its point once its exponent is applied; none or fewer for a whole one. */
function placesOf(text: string): string {
  const mantissa = `regexp_extract(${text}, '^[+-]?([0-9.]+)', 1)`;
  const digits = `replace(${mantissa}, '.', '')`;
  const fraction = `case when contains(${mantissa}, '.') then length(${mantissa}) - strpos(${mantissa}, '.') else 0 end`;
  const exponent = `coalesce(try_cast(regexp_extract(${text}, '[eE]([+-]?[0-9]+)$', 1) as integer), 0)`;
  const zeros = `length(${digits}) - length(rtrim(${digits}, '0'))`;
  return `case when rtrim(${digits}, '0') = '' then 0 else (${fraction}) - ${exponent} - (${zeros}) end`;
}

// NaN and infinities are floats; numbers that would become infinite, or vanish, do not fit.
const FLOAT: DeclaredType = {
  value: (text) => `try_cast(${text} as double)`,
  fits: (text) =>
    `(regexp_full_match(${text}, '(?i)[+-]?(nan|inf|infinity)') or (regexp_full_match(${text}, '${NUMBER}')
      and coalesce(isfinite(try_cast(${text} as double)), false)
      and (try_cast(${text} as double) <> 0 or not regexp_matches(${text}, '^[^eE]*[1-9]'))))`,
  expected: 'a number within the range of a 64-bit float',
};

const TIMESTAMP: DeclaredType = {
  value: (text) => `try_cast(${spelledOut(text)} as timestamptz)`,
  fits: (text) => `(regexp_full_match(${text}, '${ISO_TIME}') and ${TIMESTAMP.value(text)} is not null)`,
  expected: 'an ISO date or time in whole microseconds',
};

const VECTOR: DeclaredType = {
  value: (text) => `try_cast(${text} as double[])`,
  fits: (text) =>
    `(regexp_full_match(${text}, '${JSON_NUMBERS}')
      and coalesce(list_bool_and(list_transform(${VECTOR.value(text)}, lambda number: isfinite(number))), true))`,
  expected: 'a JSON list of finite numbers',
};

// DuckDB wants seconds, a colon in the offset (10:00+0530 is 10:00:00+05:30), and a capital Z without a blank.
function spelledOut(text: string): string {
  const isOther = `right(${text}, 1) in ('z', 'C') or right(${text}, 2) = ' Z'`;
  const withZ = `case when ${isOther} then regexp_replace(${text}, ' ?([Zz]|UTC)$', 'Z') else ${text} end`;
  const withSeconds = `regexp_replace(${withZ}, '^(.{10}[T ]\\d{2}:\\d{2})( ?[Z+-]|$)', '\\1:00\\2')`;
  return `regexp_replace(${withSeconds}, '([+-]\\d{2})(\\d{2})$', '\\1:\\2')`;
}

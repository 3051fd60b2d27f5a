import { trimmedEnd } from '../core/trimmed-end.ts';
import type { FeatureTypeEntry } from './feature-type.ts';
import { exactNumber, type FileCast } from './file-cast.ts';
import { NOT_A_NUMBER, NUMBER, notSpelled, SHORT_NUMBER } from './number.ts';
import type { ValueRefusal } from './value-check.ts';

export const decimal = {
  parameters: null,
  fileParameters: {
    spelling: 'p,s',
    pattern: /(?:[1-9]|[12]\d|3[0-8]), ?(?:\d|[12]\d|3[0-8])/,
    areSound: ([digits = 0, places = 0]) => places <= digits,
  },
  holds: 'an exact decimal number of up to 1,000 digits; every digit is kept, including trailing zeros',
  readAs: '`string`',
  typescript: 'string',
  fileType: 'decimal',
  columns: ['int', 'decimal'],
  textOfInteger: null,
  isNull: null,
  check: () => anyDecimal,
  fileCast: decimalCast,
  arithmetic: 'exact',
  jsonForm: 'number',
  pushedAs: 'decimal',
  isDefault: (value) => typeof value === 'number' && Number.isFinite(value),
  canonicalText: canonicalDigits,
  sqlType: 'numeric',
  extremes: 'limited',
  profiledAs: 'number',
  textSql: (column) => `${column}::text`,
  isCopiedAsText: true,
  isText: (text) => STORED.test(text),
  fromText: (text) => text,
} as const satisfies FeatureTypeEntry<string>;

/** As Postgres writes a numeric. */
const STORED = /^-?\d+(?:\.\d+)?$/;

/** The most digits of a `numeric(p,s)`. */
const DIGITS_MAX = 1_000;

const TOO_MANY_DIGITS: ValueRefusal = {
  reason: 'value_out_of_range',
  expected: 'a number of at most 1,000 digits when written out',
};

/** A number with a limited number of digits, even if it has an exponent. Trailing zeros are kept. */
export function anyDecimal(text: string): string | ValueRefusal {
  if (SHORT_NUMBER.test(text)) return text;
  if (!NUMBER.test(text)) return notSpelled(text, NOT_A_NUMBER);
  return digitsOf(text) <= DIGITS_MAX ? text : TOO_MANY_DIGITS;
}

/** Whether a number fits a numeric: 131072 digits before the point, 16383 after it. https://www.postgresql.org/docs/current/datatype-numeric.html */
export function isNumeric(number: string): boolean {
  const { before, after } = placesOf(number);
  return before <= 131_072 && after <= 16_383;
}

/** How many digits a number has without its exponent, as Postgres writes it: 4 for `1e3`. */
export function digitsOf(number: string): number {
  const { before, after } = placesOf(number);
  return Math.max(before, 1) + Math.max(after, 0);
}

/** The places before and after the point, without an exponent. A sign counts as a place. */
function placesOf(number: string): { readonly before: number; readonly after: number } {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent);
  return { before: whole.length + shift, after: fraction.length - shift };
}

/**
 * Without parameters, a decimal has up to 29 digits before the point and 9 after it, so that sums and products of amounts
 * in a CSV file are exact. (A product of two has 18 digits after the point.) A field with more digits is refused.
 */
function decimalCast([digits = 38, places = 9]: readonly number[]): FileCast {
  const fraction = places === 0 ? '0*' : `[0-9]{0,${places}}0*`;
  const bare = places === 0 ? '\\.0+' : `\\.[0-9]{1,${places}}0*`;
  return exactNumber(
    `decimal(${digits}, ${places})`,
    `[+-]?([0-9]+(\\.${fraction})?|${bare})`,
    places,
    `a decimal of at most ${digits - places} digits before and ${places} after the point`,
  );
}

/** Text that is equal where numbers are: without zeros at the end, and without an exponent unless it is large. */
export function canonicalDigits(text: string): string {
  const found = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(withoutExponent(text));
  if (found === null) return text;
  const [, sign, written = '0', decimals = ''] = found;
  const whole = written.replace(/^0+(?=\d)/, '');
  const fraction = trimmedEnd(decimals, '0');
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return sign === '-' && digits !== '0' ? `-${digits}` : digits;
}

/** `1e-7` as `0.0000001`. Any other text, and a number that would be very long, is returned unchanged. */
function withoutExponent(text: string): string {
  const found = /^([+-]?)(\d+)(?:\.(\d*))?e([+-]?\d+)$/i.exec(text);
  if (found === null || digitsOf(text) > DIGITS_MAX) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = found;
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction).padEnd(point, '0');
  return point > 0
    ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
    : `${sign}0.${'0'.repeat(-point)}${digits}`;
}

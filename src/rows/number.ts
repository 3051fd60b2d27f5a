// Numbers as text: what a float, an int and a decimal accept without losing a digit. The text itself goes to Postgres.

import type { ColumnType } from './batch.ts';
import type { FieldCheck, Refusal } from './refusal.ts';

const NOT_FINITE: Refusal = { reason: 'value_not_finite', expected: 'a finite number' };
const NOT_A_NUMBER: Refusal = { reason: 'value_wrong_type', expected: 'a number' };
const NOT_A_FLOAT: Refusal = { reason: 'value_out_of_range', expected: 'within the range of a 64-bit float' };
const INEXACT: Refusal = { reason: 'value_out_of_range', expected: 'an integer that a 64-bit float holds exactly' };
const NOT_WHOLE: Refusal = { reason: 'value_wrong_type', expected: 'a whole number' };
const NOT_64_BIT: Refusal = { reason: 'value_out_of_range', expected: 'within the range of a 64-bit integer' };
const TOO_MANY_DIGITS: Refusal = { reason: 'value_out_of_range', expected: 'within the digits of a Postgres numeric' };

const SHORT_NUMBER = /^-?\d{1,15}(?:\.\d{1,100})?$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const PARTS = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;
const SPECIAL = /^[+-]?(?:nan|inf(?:inity)?)$/i;
const SHORT_INTEGER = /^-?\d{1,18}$/;
const INTEGER = /^[+-]?\d+$/;

/** A feature of type float. From an int or decimal column an integer must be exact; a fraction is rounded as every float is. */
export function floatCheck(column: ColumnType): FieldCheck {
  return column === 'int' || column === 'decimal' ? exactFloat : float;
}

function float(text: string): string | Refusal {
  if (SHORT_NUMBER.test(text)) return text;
  if (!NUMBER.test(text)) return SPECIAL.test(text) ? NOT_FINITE : NOT_A_NUMBER;
  const value = Number(text);
  if (!Number.isFinite(value)) return NOT_A_FLOAT;
  // Postgres refuses to let a number vanish: 1e-400 is not 0.
  return value === 0 && /^[^e]*[1-9]/i.test(text) ? NOT_A_FLOAT : text;
}

function exactFloat(text: string): string | Refusal {
  const field = float(text);
  if (typeof field !== 'string' || text.length <= 15 || !INTEGER.test(text)) return field;
  return BigInt(text) === BigInt(Number(text)) ? field : INEXACT;
}

/** A feature of type int: a whole number of 64 bits, also one that is spelled 1.0 or 1e3. Never rounded. */
export function int(text: string): string | Refusal {
  if (SHORT_INTEGER.test(text)) return text;
  const digits = INTEGER.test(text) ? text : wholeDigits(text);
  if (digits === null) return SPECIAL.test(text) ? NOT_FINITE : NOT_WHOLE;
  if (digits.length > 40) return NOT_64_BIT;
  return BigInt.asIntN(64, BigInt(digits)) === BigInt(digits) ? digits : NOT_64_BIT;
}

/** More than 64 bits have, and few enough to write out: 1e999999999 is not. */
const DIGITS_MAX = 50;

/** The digits of a whole number with a point or an exponent (the first 50 of more); null for any other text. */
function wholeDigits(text: string): string | null {
  if (!NUMBER.test(text)) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = PARTS.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits.charAt(end - 1) === '0') end -= 1;
  if (end === 0) return '0';
  const zeros = digits.length - end - fraction.length + Number(exponent);
  return zeros < 0 ? null : `${sign}${digits.slice(0, end)}${'0'.repeat(Math.min(zeros, DIGITS_MAX))}`;
}

/** A feature of type decimal: as many digits as a Postgres numeric can have, kept with their trailing zeros. */
export function decimal(text: string): string | Refusal {
  if (SHORT_NUMBER.test(text)) return text;
  if (!NUMBER.test(text)) return SPECIAL.test(text) ? NOT_FINITE : NOT_A_NUMBER;
  return isNumeric(text) ? text : TOO_MANY_DIGITS;
}

/** Whether a number's digits fit a numeric: 131072 before the point, 16383 after. https://www.postgresql.org/docs/current/datatype-numeric.html */
export function isNumeric(number: string): boolean {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent);
  return whole.length + shift <= 131_072 && fraction.length - shift <= 16_383;
}

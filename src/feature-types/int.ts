import type { FeatureTypeEntry } from './feature-type.ts';
import { exactNumber } from './file-cast.ts';
import { INTEGER, NUMBER, notSpelled } from './number.ts';
import type { ValueRefusal } from './value-check.ts';

export const int = {
  parameters: null,
  fileParameters: null,
  holds: 'a 64-bit integer, never rounded',
  readAs: '`bigint`',
  typescript: 'bigint',
  fileType: 'bigint',
  columns: ['int', 'decimal'],
  textOfInteger: null,
  isNull: null,
  check: () => wholeNumber,
  fileCast: () => exactNumber('bigint', '[+-]?[0-9]+', 0, 'a 64-bit integer'),
  arithmetic: 'exact',
  jsonForm: 'number',
  pushedAs: 'decimal', // may be written as 1.0
  isDefault: Number.isSafeInteger,
  canonicalText: (text) => (INTEGER.test(text) ? String(BigInt(text)) : text),
  sqlType: 'bigint',
  extremes: 'limited',
  profiledAs: 'number',
  textSql: (column) => `${column}::text`,
  isCopiedAsText: true,
  isText: (text) => /^-?\d{1,19}$/.test(text),
  fromText: BigInt,
} as const satisfies FeatureTypeEntry<bigint>;

const NOT_WHOLE: ValueRefusal = { reason: 'value_wrong_type', expected: 'a whole number' };
const NOT_64_BIT: ValueRefusal = { reason: 'value_out_of_range', expected: 'within the range of a 64-bit integer' };

const SHORT_INTEGER = /^-?\d{1,18}$/;
const PARTS = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

/** A 64-bit integer, also written as 1.0 or 1e3. */
function wholeNumber(text: string): string | ValueRefusal {
  if (SHORT_INTEGER.test(text)) return text;
  const digits = INTEGER.test(text) ? text : wholeDigits(text);
  if (digits === null) return notSpelled(text, NOT_WHOLE);
  if (digits.length > 40) return NOT_64_BIT;
  return BigInt.asIntN(64, BigInt(digits)) === BigInt(digits) ? digits : NOT_64_BIT;
}

/** More digits than a 64-bit integer has. Prevents writing out 1e999999999. */
const DIGITS_MAX = 50;

/** The digits of an integer with a point or an exponent (at most the first 50); null for any other text. */
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

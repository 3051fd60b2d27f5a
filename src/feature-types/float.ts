import type { ColumnType } from './column-type.ts';
import type { FeatureTypeEntry } from './feature-type.ts';
import type { FileCast } from './file-cast.ts';
import { INTEGER, NOT_A_NUMBER, NUMBER, notSpelled, SHORT_NUMBER } from './number.ts';
import type { ValueCheck, ValueRefusal } from './value-check.ts';

export const float = {
  parameters: null,
  fileParameters: null,
  holds: 'a finite 64-bit floating-point number',
  readAs: '`number`',
  typescript: 'number',
  fileType: 'double',
  columns: ['float', 'int', 'decimal'],
  textOfInteger: null,
  isNull: null,
  check: floatCheck,
  fileCast: () => FILE_CAST,
  arithmetic: 'float',
  jsonForm: 'number',
  pushedAs: 'float',
  isDefault: (value) => typeof value === 'number' && Number.isFinite(value),
  canonicalText: (text) => String(Number(text)),
  sqlType: 'double precision',
  extremes: 'limited',
  profiledAs: 'number',
  textSql: (column) => `${column}::text`, // the shortest text for this number: 0.1, -0, 1e+308
  isCopiedAsText: true,
  isText: (text) => text.trim() !== '' && Number.isFinite(Number(text)),
  fromText: floatOf,
} as const satisfies FeatureTypeEntry<number>;

/** As Postgres writes them: the text of a string may have become one in an edit of the type. */
const NOT_FINITE: readonly string[] = ['NaN', 'Infinity', '-Infinity'];

function floatOf(text: string): number {
  const value = Number(text);
  // Number('') is 0.
  if (Number.isFinite(value) ? value !== 0 || text.trim() !== '' : NOT_FINITE.includes(text)) return value;
  throw new SyntaxError('expected a number');
}

const NOT_A_FLOAT: ValueRefusal = { reason: 'value_out_of_range', expected: 'within the range of a 64-bit float' };
const INEXACT: ValueRefusal = {
  reason: 'value_out_of_range',
  expected: 'an integer that a 64-bit float can represent exactly',
};

/** An integer from an int or decimal column must be exact. A fraction is rounded like every float. */
export function floatCheck(column: ColumnType): ValueCheck {
  return column === 'int' || column === 'decimal' ? exactFloat : anyFloat;
}

function anyFloat(text: string): string | ValueRefusal {
  if (SHORT_NUMBER.test(text)) return text;
  if (!NUMBER.test(text)) return notSpelled(text, NOT_A_NUMBER);
  const value = Number(text);
  if (!Number.isFinite(value)) return NOT_A_FLOAT;
  // Postgres refuses numbers that would become 0, such as 1e-400.
  return value === 0 && /^[^e]*[1-9]/i.test(text) ? NOT_A_FLOAT : text;
}

function exactFloat(text: string): string | ValueRefusal {
  const field = anyFloat(text);
  if (typeof field !== 'string' || text.length <= 15) return field;
  const whole = text.replace(/\.0*$/, '');
  if (!INTEGER.test(whole)) return field;
  return BigInt(whole) === BigInt(Number(whole)) ? field : INEXACT;
}

const SPELLED = String.raw`[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`;

// NaN and infinities are floats. Numbers that would become infinite or 0 are refused.
const FILE_CAST: FileCast = {
  value: (text) => `try_cast(${text} as double)`,
  fits: (text) =>
    `(regexp_full_match(${text}, '(?i)[+-]?(nan|inf|infinity)') or (regexp_full_match(${text}, '${SPELLED}')
      and coalesce(isfinite(try_cast(${text} as double)), false)
      and (try_cast(${text} as double) <> 0 or not regexp_matches(${text}, '^[^eE]*[1-9]'))))`,
  expected: 'a number within the range of a 64-bit float',
  jsonString: 'content',
};

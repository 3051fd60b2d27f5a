import type { FeatureTypeEntry } from './feature-type.ts';
import type { FileCast } from './file-cast.ts';
import { floatCheck } from './float.ts';
import { isJsonNull } from './json.ts';
import type { ValueCheck, ValueRefusal } from './value-check.ts';

export const vector = {
  parameters: { spelling: 'n', pattern: /[1-9]\d{0,3}/, areSound: () => true },
  fileParameters: null,
  holds: 'a list of n finite 64-bit floating-point numbers, where n is at most 9999',
  readAs: '`number[]`',
  typescript: 'readonly number[]',
  fileType: 'double[]',
  columns: ['array', 'json', 'text'],
  textOfInteger: null,
  isNull: isJsonNull,
  check: (_, [length = 0]) => vectorCheck(length),
  fileCast: () => FILE_CAST,
  arithmetic: null,
  jsonForm: 'array',
  pushedAs: 'array',
  isDefault: null,
  canonicalText: canonicalNumbers,
  sqlType: 'double precision[]',
  extremes: 'none',
  profiledAs: 'none',
  textSql: (column) => `array_to_json(${column})::text`,
  isCopiedAsText: false,
  isText: () => true,
  fromText: (text) => JSON.parse(text) as readonly number[], // Postgres made it
} as const satisfies FeatureTypeEntry<readonly number[]>;

const NOT_A_VECTOR: ValueRefusal = { reason: 'value_wrong_type', expected: 'a list of numbers' };

/** A JSON list of n finite numbers, as the Postgres array `{1,2.5}`. */
function vectorCheck(length: number): ValueCheck {
  const wrongLength: ValueRefusal = { reason: 'value_wrong_length', expected: `a list of exactly ${length} numbers` };
  const element = floatCheck('float');
  return (text) => {
    const inner = /^\s*\[([^[\]]*)\]\s*$/.exec(text)?.[1];
    if (inner === undefined) return NOT_A_VECTOR;
    const parts = inner.trim() === '' ? [] : inner.split(',');
    if (parts.length !== length) return wrongLength;
    for (const [index, part] of parts.entries()) {
      const field = element(part.trim());
      if (typeof field !== 'string') return field.reason === 'value_wrong_type' ? NOT_A_VECTOR : field;
      parts[index] = field;
    }
    return `{${parts.join(',')}}`;
  };
}

const JSON_NUMBER = String.raw`-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`;
const JSON_NUMBERS = String.raw`\s*\[\s*(${JSON_NUMBER}(\s*,\s*${JSON_NUMBER})*)?\s*\]\s*`;

const FILE_CAST: FileCast = {
  value: (text) => `try_cast(${text} as double[])`,
  fits: (text) =>
    `(regexp_full_match(${text}, '${JSON_NUMBERS}')
      and coalesce(list_bool_and(list_transform(${FILE_CAST.value(text)}, lambda number: isfinite(number))), true))`,
  expected: 'a JSON list of finite numbers',
  jsonString: 'content',
};

/** Of a JSON list or a Postgres array. */
function canonicalNumbers(text: string): string {
  return `[${(text.match(/[^[\]{}()\s,]+/g) ?? []).map((part) => String(Number(part))).join(', ')}]`;
}

import { isRawJson, rawJson } from '../core/raw-json.ts';
import { escapeCopy } from './copy-text.ts';
import { canonicalDigits, digitsOf, isNumeric } from './decimal.ts';
import type { FeatureTypeEntry } from './feature-type.ts';
import { TEXT_BYTES_MAX } from './string.ts';
import type { ValueRefusal } from './value-check.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export const json = {
  parameters: null,
  fileParameters: null,
  holds: 'JSON of up to 64 KiB, with up to 100 levels of nesting',
  readAs: 'the parsed JSON',
  typescript: 'JsonValue',
  fileType: 'varchar',
  columns: ['json', 'text', 'array'],
  textOfInteger: null,
  isNull: isJsonNull,
  check: () => anyJson,
  fileCast: () => ({
    value: (text) => `try_cast(${text} as json)`,
    fits: (text) => `json_valid(${text})`,
    expected: 'valid JSON',
    jsonString: 'quoted',
  }),
  arithmetic: null,
  jsonForm: 'any',
  pushedAs: 'json',
  isDefault: null,
  canonicalText: canonicalJson,
  sqlType: 'jsonb',
  extremes: 'none',
  profiledAs: 'none',
  textSql: (column) => `${column}::text`,
  isCopiedAsText: true,
  isText: () => true,
  fromText: (text) => JSON.parse(text) as JsonValue, // Postgres made it
} as const satisfies FeatureTypeEntry<JsonValue>;

const DEPTH_MAX = 100;

const NOT_JSON: ValueRefusal = { reason: 'value_wrong_type', expected: 'valid JSON' };
const TOO_LONG: ValueRefusal = { reason: 'value_too_long', expected: 'JSON of at most 64 KiB' };
const TOO_MANY_DIGITS: ValueRefusal = {
  reason: 'value_too_long',
  expected: 'JSON whose numbers have at most 65,536 digits when written out',
};
const TOO_DEEP: ValueRefusal = { reason: 'value_too_deep', expected: 'JSON nested at most 100 levels' };
const BAD_UNICODE: ValueRefusal = {
  reason: 'value_bad_unicode',
  expected: 'JSON without U+0000 or unpaired surrogates',
};
const BAD_NUMBER: ValueRefusal = {
  reason: 'value_out_of_range',
  expected: 'JSON with numbers in the range of a Postgres numeric',
};

const JSON_NULL = /^[ \t\n\r]*null[ \t\n\r]*$/;

/** Whether a string is the JSON null, which counts as null. */
export function isJsonNull(text: string): boolean {
  return text === 'null' || JSON_NULL.test(text);
}

/**
 * JSON that jsonb accepts: valid for JSON.parse, without U+0000, unpaired surrogates and numbers beyond numeric, and not
 * nested so deep that a reader's stack is at risk.
 */
function anyJson(text: string): string | ValueRefusal {
  if (text.length > TEXT_BYTES_MAX || Buffer.byteLength(text) > TEXT_BYTES_MAX) return TOO_LONG;
  if (!text.isWellFormed()) return BAD_UNICODE;
  try {
    JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
  return tokenRefusal(text) ?? escapeCopy(text);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[[{\]}]|-?\d[\d.]*(?:[eE][+-]?\d+)?/g;

/** The problem with the tokens of valid JSON; undefined if there is none. */
function tokenRefusal(text: string): ValueRefusal | undefined {
  let depth = 0;
  let digits = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    const first = token[0];
    if (first === '"') {
      if (token.includes('\\u') && !isStorable(JSON.parse(token))) return BAD_UNICODE;
    } else if (first === '[' || first === '{') {
      depth += 1;
      if (depth > DEPTH_MAX) return TOO_DEEP;
    } else if (first === ']' || first === '}') depth -= 1;
    else if (!isNumeric(token)) return BAD_NUMBER;
    else digits += digitsOf(token);
  }
  // jsonb keeps 1e9 in a few bytes, but returns all of its digits.
  return digits > TEXT_BYTES_MAX ? TOO_MANY_DIGITS : undefined;
}

function isStorable(text: unknown): boolean {
  return typeof text === 'string' && text.isWellFormed() && !text.includes('\0');
}

/** Keys in one order, and equal numbers with the same digits. Text that is no JSON is a string. */
function canonicalJson(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text, canonicalNumber)));
  } catch {
    return JSON.stringify(text);
  }
}

/** A reviver for JSON.parse. */
function canonicalNumber(_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  return typeof value === 'number' && source !== undefined ? rawJson(canonicalDigits(source)) : value;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sorted(each)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

// JSON as jsonb takes it: what JSON.parse accepts, but no U+0000, no half surrogate pair, no number beyond numeric, and not
// so deep that a reader's stack is at risk.

import { escapeCopy } from '../feature-types/copy-text.ts';
import { floatCheck, isNumeric } from './number.ts';
import type { FieldCheck, Refusal } from './refusal.ts';

export const TEXT_BYTES_MAX = 65_536;
const DEPTH_MAX = 100;

const NOT_JSON: Refusal = { reason: 'value_wrong_type', expected: 'valid JSON' };
const TOO_LONG: Refusal = { reason: 'value_too_long', expected: 'JSON of at most 64 KiB' };
const TOO_DEEP: Refusal = { reason: 'value_too_deep', expected: 'JSON nested at most 100 deep' };
const BAD_UNICODE: Refusal = { reason: 'value_bad_unicode', expected: 'JSON without U+0000 and half surrogate pairs' };
const BAD_NUMBER: Refusal = { reason: 'value_out_of_range', expected: 'JSON whose numbers fit a Postgres numeric' };
const NOT_A_VECTOR: Refusal = { reason: 'value_wrong_type', expected: 'a list of numbers' };

const JSON_NULL = /^[ \t\n\r]*null[ \t\n\r]*$/;

/** Whether a text is the JSON null, which a feature takes as null. */
export function isJsonNull(text: string): boolean {
  return text === 'null' || JSON_NULL.test(text);
}

/** A feature of type json. */
export function json(text: string): string | Refusal {
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

/** What is wrong with the tokens of valid JSON; undefined where nothing is. */
function tokenRefusal(text: string): Refusal | undefined {
  let depth = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    const first = token[0];
    if (first === '"') {
      if (token.includes('\\u') && !isStorable(JSON.parse(token))) return BAD_UNICODE;
    } else if (first === '[' || first === '{') {
      depth += 1;
      if (depth > DEPTH_MAX) return TOO_DEEP;
    } else if (first === ']' || first === '}') depth -= 1;
    else if (!isNumeric(token)) return BAD_NUMBER;
  }
  return undefined;
}

function isStorable(text: unknown): boolean {
  return typeof text === 'string' && text.isWellFormed() && !text.includes('\0');
}

/** A feature of type vector(n): a JSON list of n finite numbers, as the Postgres array `{1,2.5}`. */
export function vectorCheck(length: number): FieldCheck {
  const wrongLength: Refusal = { reason: 'value_wrong_length', expected: `a list of exactly ${length} numbers` };
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

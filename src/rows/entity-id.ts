// entity_id: text of 1..512 bytes without control characters, or a whole number as decimal text (docs/architecture/row-check.md).

import type { ColumnType } from '../feature-types/column-type.ts';
import { escapeCopy } from '../feature-types/copy-text.ts';
import type { FieldCheck, Refusal } from './refusal.ts';

export const BYTES_MAX = 512;

const EMPTY: Refusal = { reason: 'entity_id_empty', expected: 'a string of 1 to 512 bytes' };
const TOO_LONG: Refusal = { reason: 'entity_id_too_long', expected: 'a string of 1 to 512 bytes' };
const CONTROL: Refusal = { reason: 'entity_id_control_character', expected: 'a string free of control characters' };
const BAD_UNICODE: Refusal = { reason: 'entity_id_bad_unicode', expected: 'well-formed Unicode' };
const NOT_WHOLE: Refusal = { reason: 'entity_id_not_whole', expected: 'a whole number' };
const INEXACT: Refusal = {
  reason: 'entity_id_out_of_range',
  expected: 'a whole number that a float can represent exactly',
};

/** The check of entity_id for a column of this type. */
export function entityIdCheck(type: ColumnType): FieldCheck {
  return numberCheck(type) ?? plainText;
}

/** The check of a numeric id, which is stored as decimal text; null for other types. */
export function numberCheck(type: ColumnType): FieldCheck | null {
  if (type === 'float') return wholeFloat;
  return type === 'int' || type === 'decimal' ? wholeDigits : null;
}

// Printable ASCII except the backslash, which COPY needs escaped: nearly all ids.
const SIMPLE = /^[\x20-\x5b\x5d-\x7e]{1,512}$/;
const CONTROL_CHARACTER = /\p{Cc}/u;

function plainText(text: string): string | Refusal {
  if (SIMPLE.test(text)) return text;
  if (text === '') return EMPTY;
  return textProblem(text) ?? escapeCopy(text);
}

/** What is wrong with the text of an id or of a component; null if nothing is. */
export function textProblem(text: string): Refusal | null {
  if (!text.isWellFormed()) return BAD_UNICODE;
  if (text.length > BYTES_MAX || Buffer.byteLength(text) > BYTES_MAX) return TOO_LONG;
  return CONTROL_CHARACTER.test(text) ? CONTROL : null;
}

const CANONICAL = /^(?:0|-?[1-9]\d*)$/;
const WHOLE = /^([+-]?\d+)(?:\.0*)?$/;

function wholeDigits(text: string): string | Refusal {
  if (text.length > BYTES_MAX) return TOO_LONG;
  if (CANONICAL.test(text)) return text;
  const digits = WHOLE.exec(text)?.[1];
  return digits === undefined ? NOT_WHOLE : BigInt(digits).toString();
}

const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

function wholeFloat(text: string): string | Refusal {
  const value = FLOAT.test(text) ? Number(text) : Number.NaN;
  if (!Number.isInteger(value)) return NOT_WHOLE;
  // The driver may have rounded a larger one, which could merge two entities.
  return Number.isSafeInteger(value) ? String(value) : INEXACT;
}

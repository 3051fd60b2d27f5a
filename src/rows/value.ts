// The check of one feature's values, by the feature's type and the column they come from.

import type { Feature, FeatureType } from '../definition/view.ts';
import { escapeCopy } from '../feature-types/copy-text.ts';
import type { ColumnType } from './batch.ts';
import { json, TEXT_BYTES_MAX, vectorCheck } from './json.ts';
import { decimal, floatCheck, int } from './number.ts';
import type { FieldCheck, Refusal } from './refusal.ts';
import { timestampValueCheck } from './timestamp.ts';

const NOT_A_BOOL: Refusal = { reason: 'value_wrong_type', expected: 'true or false' };
const TOO_LONG: Refusal = { reason: 'value_too_long', expected: 'a text of at most 64 KiB' };
const BAD_UNICODE: Refusal = {
  reason: 'value_bad_unicode',
  expected: 'a text without U+0000 and half surrogate pairs',
};

/** How the values of a feature are checked when they come from a column of this type. */
export function valueCheck(feature: Feature, column: ColumnType): FieldCheck {
  switch (feature.type) {
    case 'float':
      return floatCheck(column);
    case 'int':
      return int;
    case 'decimal':
      return decimal;
    case 'string':
      return string;
    case 'bool':
      return bool;
    case 'json':
      return json;
    case 'timestamp':
      return timestampValueCheck(
        (problem) =>
          (
            ({
              unparsable: 'value_wrong_type',
              'too precise': 'value_too_precise',
              'out of range': 'value_out_of_range',
            }) as const
          )[problem],
      );
    default:
      return vectorCheck(vectorLength(feature.type));
  }
}

/** The n of `vector(n)`. */
export function vectorLength(type: Extract<FeatureType, `vector(${number})`>): number {
  return Number(type.slice('vector('.length, -1));
}

/** The check of a tie_break column: any value that sorts; NaN does not. */
export function tieBreakCheck(column: ColumnType): FieldCheck {
  const wrongType: Refusal = { reason: 'tie_break_wrong_type', expected: `a value of type ${column}` };
  const check = tieBreakType(column);
  return (text) => {
    const field = check(text);
    return typeof field === 'string' ? field : wrongType;
  };
}

function tieBreakType(column: ColumnType): FieldCheck {
  if (column === 'text') return string;
  if (column === 'float') return floatCheck('float');
  if (column === 'int' || column === 'decimal') return decimal;
  return timestampValueCheck(() => 'tie_break_wrong_type');
}

function bool(text: string): string | Refusal {
  return text === 'true' || text === 'false' ? text : NOT_A_BOOL;
}

// No control character, no backslash, no surrogate, and so short that its bytes cannot be too many.
const SIMPLE = /^[\x20-\x5b\x5d-\x7e\xa0-\ud7ff]{0,1000}$/;

function string(text: string): string | Refusal {
  if (SIMPLE.test(text)) return text;
  if (text.length > TEXT_BYTES_MAX || Buffer.byteLength(text) > TEXT_BYTES_MAX) return TOO_LONG;
  return text.isWellFormed() && !text.includes('\0') ? escapeCopy(text) : BAD_UNICODE;
}

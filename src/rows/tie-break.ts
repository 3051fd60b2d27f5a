// The column types that can break a tie between rows of one entity and time, with their checks and sort types.

import { keysOf } from '../core/keys.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import { anyDecimal, decimal } from '../feature-types/decimal.ts';
import { float, floatCheck } from '../feature-types/float.ts';
import { anyText, string } from '../feature-types/string.ts';
import { timestamp, timestampValueCheck } from '../feature-types/timestamp.ts';
import type { ValueCheck } from '../feature-types/value-check.ts';
import type { FieldCheck, Refusal } from './refusal.ts';

type TieBreak = { readonly sqlType: string; readonly check: () => ValueCheck };

const NUMBER: TieBreak = { sqlType: decimal.sqlType, check: () => anyDecimal };
const TIME: TieBreak = { sqlType: timestamp.sqlType, check: timestampValueCheck };

/** Null for types without an order. */
const TIE_BREAKS = {
  int: NUMBER,
  decimal: NUMBER,
  float: { sqlType: float.sqlType, check: () => floatCheck('float') },
  timestamptz: TIME,
  timestamp: TIME,
  date: TIME,
  text: { sqlType: string.sqlType, check: () => anyText },
  bool: null,
  json: null,
  array: null,
  other: null,
} as const satisfies Record<ColumnType, TieBreak | null>;

/** The column types that a tie_break may have. */
export function tieBreakTypes(): ColumnType[] {
  return keysOf(TIE_BREAKS).filter((type) => TIE_BREAKS[type] !== null);
}

/** The Postgres type with the same order as the source. */
export function tieBreakSqlType(column: ColumnType): string {
  return required(column).sqlType;
}

/** The check of a tie_break column: any value with an order, so not NaN. */
export function tieBreakCheck(column: ColumnType): FieldCheck {
  const wrongType: Refusal = { reason: 'tie_break_wrong_type', expected: `a value of type ${column}` };
  const check = required(column).check();
  return (text) => {
    const field = check(text);
    return typeof field === 'string' ? field : wrongType;
  };
}

function required(column: ColumnType): TieBreak {
  const found = TIE_BREAKS[column];
  if (found === null) throw new RangeError(`a tie_break of type ${column} was not refused`);
  return found;
}

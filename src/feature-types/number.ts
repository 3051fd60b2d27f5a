// Numbers as text: what float, int and decimal share. The text itself goes to Postgres.

import type { ValueRefusal } from './value-check.ts';

const NOT_FINITE: ValueRefusal = { reason: 'value_not_finite', expected: 'a finite number' };
const SPECIAL = /^[+-]?(?:nan|inf(?:inity)?)$/i;

export const NOT_A_NUMBER: ValueRefusal = { reason: 'value_wrong_type', expected: 'a number' };

/** Nearly every number there is: one that each of the types holds without a closer look, but for the fraction of an int. */
export const SHORT_NUMBER = /^-?\d{1,15}(?:\.\d{1,100})?$/;
export const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
export const INTEGER = /^[+-]?\d+$/;

/** Why a text is refused that is not spelled as a number: it may be NaN or infinite. */
export function notSpelled(text: string, otherwise: ValueRefusal): ValueRefusal {
  return SPECIAL.test(text) ? NOT_FINITE : otherwise;
}

// Numbers as text, shared by float, int and decimal. Postgres gets the text unchanged.

import type { ValueRefusal } from './value-check.ts';

const NOT_FINITE: ValueRefusal = { reason: 'value_not_finite', expected: 'a finite number' };
const SPECIAL = /^[+-]?(?:nan|inf(?:inity)?)$/i;

export const NOT_A_NUMBER: ValueRefusal = { reason: 'value_wrong_type', expected: 'a number' };

/** A fast path for nearly all numbers: each type accepts them without further checks, except for a fraction as int. */
export const SHORT_NUMBER = /^-?\d{1,15}(?:\.\d{1,100})?$/;
export const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
export const INTEGER = /^[+-]?\d+$/;

/** The reason to refuse a string that is not a plain number: it may be NaN or infinite. */
export function notSpelled(text: string, otherwise: ValueRefusal): ValueRefusal {
  return SPECIAL.test(text) ? NOT_FINITE : otherwise;
}

// What differs between the SQL dialects that declared queries are compiled to.

import type { Literal } from '../filter.ts';

/** A value that needs its rows in order: a percentile, or the first or last value. */
export type Pick = {
  /** The value, an expression over a row. */
  readonly value: string;
  /** Whether a row counts; it has a value then. */
  readonly condition: string;
  /** The key of the group. */
  readonly group: string;
  /** percentile: 0 to 1, with linear interpolation. */
  readonly at?: string;
  /** first, last: what the rows are ordered by. */
  readonly order?: string;
  /** first, last: the expressions of `order`, and its direction. */
  readonly by?: readonly string[];
  readonly direction?: 'asc' | 'desc';
  /** Names of additional columns of the inner query, unique in the statement. */
  readonly name: string;
};

/** An aggregate, and the columns that the rows must have in addition to those of the table. */
export type Picked = { readonly aggregate: string; readonly columns: readonly string[] };

export type Dialect = {
  /** A quoted identifier. */
  name(identifier: string): string;
  literal(literal: Literal): string;
  /** {{end}} minus a duration. */
  endMinus(milliseconds: number): string;
  /** Of files: whether a time lies in [{{start}}, {{end}}). Fails the query for any other time. */
  within?(time: string): string;
  /** The start of the unit that a time of [{{start}}, {{end}}) lies in. */
  unitStart(time: string, unitMs: number): string;
  /** An expression that is equal only for equal values. */
  exact(expression: string): string;
  /** A string that is ordered by code point. */
  ordered(text: string): string;
  /** The value of a feature of type string. */
  text(expression: string): string;
  /** The key of a group as it is selected. */
  key(expression: string): string;
  double(expression: string): string;
  /** A number as it is summed, of a type in which the sum is exact. */
  addend(expression: string): string;
  like(expression: string, pattern: string): string;
  /** An aggregate of `value` over the rows that meet `condition`; null for all rows. */
  filtered(aggregate: (value: string) => string, value: string, condition: string | null): string;
  /** The smallest and the largest text by code point. */
  extreme(function_: 'min' | 'max', text: string, condition: string | null): string;
  /** Seconds from a time to {{end}}, exact to the microsecond. */
  secondsSince(time: string): string;
  /** The greatest integer that is at most a number, as an integer or decimal. */
  floor(number: string): string;
  picked(pick: Pick): Picked;
  /** What ends a query. */
  readonly ending?: string;
};

/** A LIKE pattern in which `\\` escapes, with the escape character `!` instead: backslashes differ between servers. */
export function likePattern(written: string): string {
  return written.replaceAll(/\\[\s\S]|!/g, (found) => {
    if (found === '!') return '!!';
    const character = found.slice(1);
    return '%_!'.includes(character) ? `!${character}` : character;
  });
}

/** `'it''s'`. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

// Declared queries in Postgres SQL.

import type { Literal } from '../filter.ts';
import { type Dialect, likePattern, type Pick, quotedText } from './dialect.ts';

export const postgresDialect: Dialect = {
  name,
  literal,
  endMinus: (milliseconds) => `{{end}} - interval '${milliseconds / 1000} seconds'`,
  unitStart: (time, unitMs) =>
    `{{start}} + floor(extract(epoch from ${time}::timestamptz - {{start}}) / ${unitMs / 1000}) * interval '${unitMs / 1000} seconds'`,
  exact: (expression) => expression,
  ordered: (expression) => `${expression}::text collate "C"`,
  text: (expression) => `${expression}::text`,
  key: (expression) => expression,
  double: (expression) => `${expression}::double precision`,
  addend: (expression) => expression,
  like: (expression, pattern) => `${expression} like ${text(likePattern(pattern))} escape '!'`,
  filtered: (aggregate, value, condition) => `${aggregate(value)}${filterOf(condition)}`,
  extreme: (function_, value, condition) => `${function_}(${value}::text collate "C")${filterOf(condition)}`,
  secondsSince: (time) => `extract(epoch from ({{end}} - ${time}::timestamptz))`,
  floor: (number) => `floor(${number})`,
  picked: (pick) => ({ aggregate: picked(pick), columns: [] }),
};

function picked({ value, condition, at, order }: Pick): string {
  if (at !== undefined) return `percentile_cont(${at}) within group (order by ${value})${filterOf(condition)}`;
  return `(array_agg(${value} order by ${order})${filterOf(condition)})[1]`;
}

function filterOf(condition: string | null): string {
  return condition === null ? '' : ` filter (where ${condition})`;
}

function name(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

function literal(value: Literal): string {
  if ('text' in value) return text(value.text);
  if ('number' in value) return value.number;
  if ('bool' in value) return String(value.bool);
  return `timestamptz '${new Date(value.time).toISOString().replace('T', ' ').replace('Z', '+00')}'`;
}

/** A backslash has the same meaning with every standard_conforming_strings only in an escape string. */
function text(value: string): string {
  return value.includes('\\') ? `E${quotedText(value.replaceAll('\\', '\\\\'))}` : quotedText(value);
}

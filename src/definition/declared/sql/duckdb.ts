// Declared queries in DuckDB SQL, over files.

import type { Literal } from '../filter.ts';
import { type Dialect, likePattern, type Pick, quotedText } from './dialect.ts';

/** The error of a query with `within`. The files of an interval are read once, so a row of another interval would be in no part. */
export const OUTSIDE_INTERVAL =
  'a row has a time outside of the interval of its file. An incremental view reads each file only with the interval in its name, so this row would be missing: remove `incremental` from the view, or write each row to the file of its time';

export const duckdbDialect: Dialect = {
  name: (identifier) => `"${identifier.replaceAll('"', '""')}"`,
  literal,
  endMinus: (milliseconds) => `{{end}} - interval '${milliseconds / 1000} seconds'`,
  within: (time) =>
    `case when ${time} >= {{start}} and ${time} < {{end}} then true when ${time} is null then false else error(${quotedText(OUTSIDE_INTERVAL)}) end`,
  unitStart: (time, unitMs) =>
    `{{start}} + (date_diff('microsecond', {{start}}, ${time}::timestamptz) // ${unitMs * 1000}) * interval '${unitMs / 1000} seconds'`,
  exact: (expression) => expression,
  ordered: (expression) => expression,
  text: (expression) => `${expression}::varchar`,
  key: (expression) => expression,
  double: (expression) => `${expression}::double`,
  addend: (expression) => expression,
  like: (expression, pattern) => `${expression} like ${quotedText(likePattern(pattern))} escape '!'`,
  filtered: (aggregate, value, condition) => `${aggregate(value)}${filterOf(condition)}`,
  extreme: (function_, value, condition) => `${function_}(${value}::varchar)${filterOf(condition)}`,
  secondsSince: (time) => `(date_diff('microsecond', ${time}::timestamptz, {{end}}) / 1000000::double)`,
  floor: (number) => `floor(${number})::bigint`,
  picked: (pick) => ({ aggregate: picked(pick), columns: [] }),
};

function picked({ value, condition, at, order }: Pick): string {
  if (at !== undefined) return `quantile_cont(${value}, ${at})${filterOf(condition)}`;
  return `first(${value} order by ${order})${filterOf(condition)}`;
}

function filterOf(condition: string | null): string {
  return condition === null ? '' : ` filter (where ${condition})`;
}

function literal(value: Literal): string {
  if ('text' in value) return quotedText(value.text);
  if ('number' in value) return value.number;
  if ('bool' in value) return String(value.bool);
  return `timestamptz '${new Date(value.time).toISOString().replace('T', ' ').replace('Z', '+00')}'`;
}

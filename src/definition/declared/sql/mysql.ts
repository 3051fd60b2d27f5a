// Declared queries in the SQL that MySQL and MariaDB share.
//
// Neither has FILTER or ordered aggregates: conditions are CASE expressions, and a value that needs an order is found by the
// number of its row. Their comparisons of strings ignore case, accents and trailing spaces by default, so strings are compared as
// bytes of UTF-8.

import type { Literal } from '../filter.ts';
import { type Dialect, likePattern, type Pick, type Picked, quotedText } from './dialect.ts';

export const mysqlDialect: Dialect = {
  name,
  literal,
  endMinus: (milliseconds) => `{{end}} - interval ${milliseconds / 1000} second`,
  unitStart: (time, unitMs) =>
    `{{start}} + interval (timestampdiff(microsecond, {{start}}, ${time}) div ${unitMs * 1000}) * ${unitMs / 1000} second`,
  exact,
  ordered: exact,
  text: unicode,
  // All values of a group are equal. `max` names one of them, as ONLY_FULL_GROUP_BY wants it.
  key: (expression) => `max(${unicode(expression)})`,
  // Not `+ 0e0`: the cast keeps null and is not confused by a string.
  double: (expression) => `cast(${expression} as double)`,
  addend: (expression) => expression,
  like: (expression, pattern) =>
    `${unicode(expression)} collate utf8mb4_bin like ${text(likePattern(pattern))} escape '!'`,
  filtered: (aggregate, value, condition) => aggregate(condition === null ? value : when(condition, value)),
  extreme: (function_, value, condition) => {
    const bytes = exact(value);
    return unicode(`${function_}(${condition === null ? bytes : when(condition, bytes)})`);
  },
  // A product, since a quotient has only four more digits than its dividend.
  secondsSince: (time) => `(timestampdiff(microsecond, ${time}, {{end}}) * 0.000001)`,
  floor: (number) => `floor(${number})`,
  picked,
};

function picked({ value, condition, group, at, order, name: column }: Pick): Picked {
  const number = `row_number() over (partition by ${group}, ${when(condition, '1')} order by ${order ?? value})`;
  const rank = name(`${column}_rank`);
  if (at === undefined) {
    const aggregate = `max(${when(`t.${rank} = 1 and ${condition}`, value)})`;
    return { aggregate, columns: [`${number} as ${rank}`] };
  }
  const count = name(`${column}_count`);
  const counted = `count(${when(condition, '1')}) over (partition by ${group})`;
  const place = `${at} * (t.${count} - 1)`;
  const valueAt = (row: string) => `max(${when(`t.${rank} = ${row}(${place}) + 1 and ${condition}`, value)})`;
  const fraction = `max(${place} - floor(${place}))`;
  return {
    aggregate: `${valueAt('floor')} + (${valueAt('ceiling')} - ${valueAt('floor')}) * ${fraction}`,
    columns: [`${number} as ${rank}`, `${counted} as ${count}`],
  };
}

function when(condition: string, value: string): string {
  return `case when ${condition} then ${value} end`;
}

function exact(expression: string): string {
  return `cast(${unicode(expression)} as binary)`;
}

function unicode(expression: string): string {
  return `convert(${expression} using utf8mb4)`;
}

function name(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``;
}

function literal(value: Literal): string {
  if ('text' in value) return text(value.text);
  if ('number' in value) return value.number;
  if ('bool' in value) return String(value.bool);
  return `cast('${new Date(value.time).toISOString().replace('T', ' ').replace('Z', '')}' as datetime(6))`;
}

/** Whether a backslash escapes depends on the mode of the server, so a string with one is written as its bytes. */
function text(value: string): string {
  return value.includes('\\') ? `_utf8mb4 0x${Buffer.from(value, 'utf8').toString('hex')}` : quotedText(value);
}

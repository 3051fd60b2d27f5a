// Declared queries in ClickHouse SQL.
//
// Without a row, ClickHouse's aggregates return 0, an empty string or NaN. With the suffix OrNull they return null, as in other
// databases.

import type { Literal } from '../filter.ts';
import type { Dialect, Pick } from './dialect.ts';

export const clickhouseDialect: Dialect = {
  name,
  literal,
  endMinus: (milliseconds) => `{{end}} - toIntervalMillisecond(${milliseconds})`,
  unitStart: (time, unitMs) =>
    `{{start}} + toIntervalSecond(intDiv(dateDiff('microsecond', {{start}}, toDateTime64(${time}, 6, 'UTC')), ${unitMs * 1000}) * ${unitMs / 1000})`,
  exact: (expression) => expression,
  ordered: (expression) => `toString(${expression})`, // compared as bytes of UTF-8
  text: (expression) => `toString(${expression})`,
  key: (expression) => expression,
  double: (expression) => `toFloat64(${expression})`,
  // A sum of Int64 is Int64, and wraps. The product has the digits after the point of the number, and 76 digits in all.
  addend: (expression) => `${expression} * toDecimal256(1, 0)`,
  like: (expression, pattern) => `${expression} like ${text(likePattern(pattern))}`,
  filtered: (aggregate, value, condition) => orNull(aggregate(value), condition),
  extreme: (function_, value, condition) => orNull(`${function_}(toString(${value}))`, condition),
  secondsSince: (time) => `(dateDiff('microsecond', toDateTime64(${time}, 6, 'UTC'), {{end}}) / 1000000)`,
  floor: (number) => `toInt64(floor(${number}))`,
  picked: (pick) => ({ aggregate: picked(pick), columns: [] }),
  ending: '\nsettings join_use_nulls = 1', // rows without a match have nulls, not zeros
};

function orNull(call: string, condition: string | null): string {
  const [, function_ = '', argument = ''] = /^(\w+)\(([\s\S]*)\)$/.exec(call) ?? [];
  if (function_ === 'count') return `${call}${filterOf(condition)}`;
  if (function_ !== 'stddev_samp') return `${function_}OrNull(${argument})${filterOf(condition)}`;
  const deviation = `stddevSampStableOrNull(${argument})${filterOf(condition)}`;
  return `if(isFinite(${deviation}), ${deviation}, null)`; // of a single row, it is not
}

function picked({ value, condition, at, by = [], direction }: Pick): string {
  if (at !== undefined) return `quantileExactInclusiveOrNull(${at})(${value})${filterOf(condition)}`;
  return `${direction === 'desc' ? 'argMax' : 'argMin'}OrNull(${value}, tuple(${by.join(', ')}))${filterOf(condition)}`;
}

function filterOf(condition: string | null): string {
  return condition === null ? '' : ` filter (where ${condition})`;
}

/** A LIKE pattern in which a backslash escapes any character. ClickHouse escapes only %, _ and the backslash. */
function likePattern(written: string): string {
  return written.replaceAll(/\\([\s\S]?)/g, (_, character: string) =>
    character === '' ? '\\\\' : '%_\\'.includes(character) ? `\\${character}` : character,
  );
}

function name(identifier: string): string {
  return `\`${identifier.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

function literal(value: Literal): string {
  if ('text' in value) return text(value.text);
  if ('number' in value) return value.number;
  if ('bool' in value) return String(value.bool);
  return `toDateTime64('${new Date(value.time).toISOString().replace('T', ' ').replace('Z', '')}', 6, 'UTC')`;
}

function text(written: string): string {
  return `'${written.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

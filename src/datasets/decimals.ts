// Decimals that Parquet cannot hold, which are refused instead of rounded.

import { Failure } from '../core/failure.ts';
import { type Message, safe, text } from '../core/message.ts';
import { DECIMAL } from './file-type.ts';

/** SQL: whether a value of the column has more digits than Parquet can hold, or is NaN. */
export function unfitSql(column: string): string {
  const most = `1e${DECIMAL.digits - DECIMAL.places}`;
  return `min_scale(${column}) > ${DECIMAL.places} or abs(${column}) >= ${most}`;
}

/** SQL: an aggregate that is true if a value of the column is unfit. */
export function anyUnfitSql(column: string): string {
  return `coalesce(bool_or(${unfitSql(column)}), false)`;
}

/** `holder` is the column and what it belongs to, and `query` the one that can round its values. */
export function unfitDecimal(holder: Message, query: Message, facts: Readonly<Record<string, string>>): Failure {
  const { digits, places } = DECIMAL;
  return new Failure(
    'CHECK_FAILED',
    text`${holder} has decimals with more than ${safe(digits - places)} digits before or ${safe(places)} after the decimal point, more than Parquet supports: round the values in ${query}, or use \`format: csv\`, which keeps every digit.`,
    facts,
  );
}

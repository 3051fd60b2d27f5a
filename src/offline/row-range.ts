// Row ranges as SQL, and the units that rows belong to.

import type { Interval } from '../core/interval.ts';
import { type FeatureView, hasIntervals } from '../definition/view.ts';
import { type RowRange, rowRangeOf } from '../rows/row-range.ts';

/** `event_timestamp` within a row range, as SQL; everything for views of kind latest. */
export function inRowRange(column: string, range: RowRange | null): string {
  if (range === null) return 'true';
  const before = range.bounds === '[)' ? '<' : '<=';
  return `${sinceRowRange(column, range)} and ${column} ${before} ${instant(range.end)}`;
}

/** `event_timestamp` within a row range or after it, as SQL. */
export function sinceRowRange(column: string, range: RowRange): string {
  return `${column} ${range.bounds === '[)' ? '>=' : '>'} ${instant(range.start)}`;
}

function instant(value: number): string {
  return `timestamptz '${new Date(value).toISOString()}'`;
}

/**
 * Statements after which Postgres looks for the rows of a range by the index over times. To find out whether there are any, it
 * would rather read the table until it finds one, so all of it if there is none.
 */
export const ONLY_BY_TIME =
  'set local enable_seqscan = off; set local enable_indexscan = off; set local enable_indexonlyscan = off;';

/** Columns of a query after which Postgres finds rows in any way again. */
export const AGAIN_BY_ANY = ['seqscan', 'indexscan', 'indexonlyscan']
  .map((way) => `set_config('enable_${way}', 'on', true) as ${way}`)
  .join(', ');

/** The time of a row as the spans count that it may belong to: a snapshot is stamped with the end of its span. */
export function spanTime({ kind }: FeatureView, column: string): string {
  return kind === 'snapshot' ? `(${column} - interval '1 microsecond')` : column;
}

/** The unit that a row belongs to, as a tstzrange. */
export function belongingTo(view: FeatureView, column: string): string {
  const unit = `interval '${view.unitMs} milliseconds'`;
  const start = `date_bin(${unit}, ${spanTime(view, column)}, timestamptz 'epoch')`;
  return `tstzrange(${start}, ${start} + ${unit})`;
}

/** The row range of a run, null for views of kind latest. */
export function rangeOfRun(view: FeatureView, span: Interval | null): RowRange | null {
  return !hasIntervals(view.kind) || span === null ? null : rowRangeOf(view.kind, span);
}

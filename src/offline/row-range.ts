// Row ranges as SQL, and the units that rows belong to.

import type { Interval } from '../core/interval.ts';
import { type FeatureView, hasIntervals } from '../definition/view.ts';
import type { Session } from '../postgres/session.ts';
import { type RowRange, rowRangeOf } from '../rows/row-range.ts';
import { offlineTable } from './table.ts';

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

/**
 * Whether the row range of a span holds rows, found by the index over times: Postgres would rather read the table until it finds
 * one, so all of it if there is none. In a transaction.
 */
export async function holdsRows(session: Session, view: FeatureView, span: Interval): Promise<boolean> {
  const inRange = inRowRange('event_timestamp', rangeOfRun(view, span));
  const [row] = await session.query<{ holds: boolean }>(
    `${OTHER_WAYS.map((way) => `set local ${way} = off;`).join(' ')}
     select exists (select from ${offlineTable(view)} where ${inRange}) as holds`,
  );
  await session.run(OTHER_WAYS.map((way) => `set local ${way} = default`).join('; '));
  return row?.holds === true;
}

const OTHER_WAYS = ['enable_seqscan', 'enable_indexscan', 'enable_indexonlyscan'];

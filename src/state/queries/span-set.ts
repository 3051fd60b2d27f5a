// A set of time as pages and commands show it: counted by the database, of which only the oldest spans leave it. A view of minutes
// may have millions of spans.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { parseRanges } from '../../postgres/range.ts';

export type SpanSet = {
  /** How many spans it has, and how long they are together. */
  readonly count: number;
  readonly ms: number;
  /** The oldest of them: at most `SPANS_LISTED_MAX`. */
  readonly first: readonly Interval[];
  /** Of the newest one; null where there is none. */
  readonly end: EpochMs | null;
};

export const SPANS_LISTED_MAX = 1_000;

/** A set as the database gives it; null for one without spans. */
export type SpanSetRow = {
  readonly count: number;
  readonly ms: number;
  readonly first: string;
  readonly end: number;
} | null;

export const NO_SPANS: SpanSet = { count: 0, ms: 0, first: [], end: null };

/** The JSON of a `SpanSetRow` of a multirange, in SQL that names it several times. */
export function spanSetSql(set: string): string {
  return `(select case when count(*) > 0 then jsonb_build_object(
      'count', count(*), 'ms', (extract(epoch from sum(upper(part) - lower(part))) * 1000)::bigint,
      'end', (extract(epoch from max(upper(part))) * 1000)::bigint,
      'first', (select string_agg(part::text, ',' order by part) from (select unnest(${set}) as part limit ${SPANS_LISTED_MAX}) oldest_of_set)) end
    from (select unnest(${set}) as part) spans_of_set)`;
}

export function spanSetOf(row: SpanSetRow): SpanSet {
  return row === null ? NO_SPANS : { ...row, first: parseRanges(row.first), end: epochMsOf(row.end) };
}

// A set of time for pages and commands: Postgres counts it and returns only the oldest spans, since a view with units
// of a minute may have millions.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { parseRanges } from '../../postgres/range.ts';

export type SpanSet = {
  /** The number of spans and their total length. */
  readonly count: number;
  readonly ms: number;
  /** The oldest spans: at most `SPANS_LISTED_MAX`. */
  readonly first: readonly Interval[];
  /** The end of the newest span; null if there is none. */
  readonly end: EpochMs | null;
};

export const SPANS_LISTED_MAX = 1_000;

/** A set as Postgres returns it; null for an empty set. */
export type SpanSetRow = {
  readonly count: number;
  readonly ms: number;
  readonly first: string;
  readonly end: number;
} | null;

export const NO_SPANS: SpanSet = { count: 0, ms: 0, first: [], end: null };

/** The JSON of a `SpanSetRow` of a multirange, for SQL that names the set several times. */
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

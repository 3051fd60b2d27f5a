// The sets of time that plans are made of, asked for many views at once: the arithmetic is SQL's, beside the multiranges.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import type { DueSets } from '../plan/due.ts';
import type { Database, Session } from '../postgres/database.ts';
import { parseRanges } from '../postgres/range.ts';

/** A part of time, without an end where one is null. */
export type TimeRange = { readonly from: EpochMs | null; readonly to: EpochMs | null };

/** Which part of what is due is asked for, and what of it was missed. */
export type DueScope = {
  readonly within: TimeRange;
  /** Gaps that were settled by then were missed; those of before the last tick always. */
  readonly missedBefore: EpochMs | null;
};

type DueRow = { id: number; due: string; missed: string; lookback: string; frontier: number; isOpen: boolean };

/** The sets of each view by its id, with nothing for ids that no view has. Reads only. */
export async function dueSets(
  session: Session | Database,
  viewIds: readonly number[],
  { within, missedBefore }: DueScope,
): Promise<ReadonlyMap<number, DueSets>> {
  const bounds = [within.from, within.to, missedBefore].map((at) => (at === null ? null : new Date(at).toISOString()));
  const rows = await session.query<DueRow>(DUE, [viewIds, ...bounds]);
  return new Map(rows.map((row) => [row.id, setsOf(row)]));
}

function setsOf({ due, missed, lookback, frontier, isOpen }: DueRow): DueSets {
  return {
    due: parseRanges(due),
    missed: parseRanges(missed),
    lookback: parseRanges(lookback),
    frontier: epochMsOf(frontier),
    isOpen,
  };
}

// What is due; of it the gaps that were missed, about which catch_up decides (what was tried before was not missed); and
// the covered units that become stale because units after the end of coverage are due, or after the last tick came to be
// settled that others are at, or have done.
const DUE = `
  with facts as (
    select v.id, v.spec, c as coverage, millrace.frontier(v.spec) as frontier,
           coalesce(runs.spans, '{}') as open, runs.spans is not null as is_open,
           coalesce((select range_agg(span) from millrace.run r
                      where r.view_id = v.id and r.state in ('failed', 'cancelled', 'superseded')
                        and r.reason <> 'backfill' and not lower_inf(span)), '{}') as tried
      from millrace.view v
      join millrace.coverage c on c.view_id = v.id
      cross join lateral (
        select range_agg(span) as spans from millrace.run r
         where r.view_id = v.id and r.state in ('planned', 'active')) runs
     where v.id = any($1)),
  sets as (
    select *, millrace.due(spec, coverage, frontier) - open as due, upper((coverage).covered) as covered_until
      from facts),
  aged as (
    select *, case when (due - (coverage).covered) && tstzmultirange(tstzrange(covered_until, null))
                   then (coverage).covered * tstzmultirange(tstzrange(
                          covered_until - millrace.unit(spec) * (spec->>'lookbackUnits')::int, covered_until))
                   else '{}' end
            + case when frontier > (coverage).frontier
                        and (coverage).covered + open && tstzmultirange(tstzrange((coverage).frontier, frontier))
                   then (coverage).covered * tstzmultirange(tstzrange((coverage).frontier
                          - millrace.unit(spec) * (spec->>'lookbackUnits')::int, (coverage).frontier))
                   else '{}' end as lookback
      from sets)
  select id, ((due + lookback - (coverage).held - open)
               * tstzmultirange(tstzrange($2::timestamptz, $3::timestamptz)))::text as due,
         lookback::text as lookback,
         ((due - (coverage).covered - tried) * tstzmultirange(tstzrange(null, greatest((coverage).frontier,
            case when $4::timestamptz is not null then millrace.frontier_at(spec, $4) end))))::text as missed,
         (extract(epoch from frontier) * 1000)::bigint as frontier, is_open as "isOpen"
    from aged`;

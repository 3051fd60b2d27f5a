// The sets of time for planning, computed for many views in one statement. Postgres does the arithmetic, next to the
// multiranges; the number of returned spans is bounded.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { type DueSets, OPEN_RUNS_MAX } from '../../plan/due.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { countedRuns } from '../runs/open-runs.ts';
import { IN } from '../runs/states.ts';

/** A part of time; null means unbounded. */
export type TimeRange = { readonly from: EpochMs | null; readonly to: EpochMs | null };

/** Which part of the due time is requested, and which gaps count as missed. */
export type DueScope = {
  readonly within: TimeRange;
  /** Gaps that were settled by then were missed; those before the last tick always were. */
  readonly missedBefore: EpochMs | null;
  /**
   * A row of the backlog: limits the due time to what that plan saw, or to the range of a restatement. Null otherwise.
   */
  readonly backlog?: number | null;
};

type DueRow = Omit<DueSets, 'due' | 'lookback'> & { id: number; due: string | null; lookback: string };

/** The sets of each view by its id; empty for unknown ids. Reads only. */
export async function dueSets(
  session: Session | Database,
  viewIds: readonly number[],
  scope: DueScope,
): Promise<ReadonlyMap<number, DueSets>> {
  const rows = await session.query<DueRow>(`${SETS_OF_DUE} ${BOUNDED_SETS}`, dueValues(viewIds, scope));
  return new Map(rows.map(({ id, ...row }) => [id, setsOf(row)]));
}

/** The parameters of `SETS_OF_DUE`: $1 to $5. */
export function dueValues(viewIds: readonly number[], { within, missedBefore, backlog = null }: DueScope): unknown[] {
  const [from, to, missed] = [within.from, within.to, missedBefore].map((at) =>
    at === null ? null : new Date(at).toISOString(),
  );
  return [viewIds, from, to, missed, backlog];
}

function setsOf({ due, lookback, frontier, dueEnd, ...row }: Omit<DueRow, 'id'>): DueSets {
  return {
    ...row,
    due: parseRanges(due ?? ''),
    dueEnd: dueEnd === null ? null : epochMsOf(dueEnd),
    lookback: parseRanges(lookback),
    frontier: epochMsOf(frontier),
  };
}

/** One more span than may become runs, to detect that there are more. */
const SPANS_MAX = OPEN_RUNS_MAX + 1;

// What is due (`planned`); its missed gaps that catch_up skips (gaps that were tried before or left out for lack of
// room were not missed); and the covered units that become stale because units after the end of the coverage are due,
// or became settled after the last tick and have runs. Lookback waits while there is a backlog, since nothing newer is
// planned. What a restatement left out is planned only as that restatement. Materialized, because Postgres would
// otherwise compute a set for each use.
export const SETS_OF_DUE = `
  with facts as materialized (
    select v.id, v as view, c as coverage, coalesce(runs.spans, '{}') as open, runs.open_runs,
           case when own.reason is distinct from 'restate' and own.id is not null
                then least(millrace.frontier(v), upper(own.span)) else millrace.frontier(v) end as frontier,
           case when v.catch_up = 'all' then '{}' else coalesce((select range_agg(span) from millrace.run r
                      where r.view_id = v.id and r.state ${IN.givenUp}
                        and r.reason <> 'backfill' and not lower_inf(span)), '{}') end as tried,
           left_out.parts, coalesce(left_out.unplanned, '{}') as unplanned, coalesce(left_out.restated, '{}') as restated,
           case when own.reason = 'restate' then own.span
                else tstzmultirange(tstzrange($2::timestamptz, $3::timestamptz)) end as asked,
           $2::timestamptz is null and $3::timestamptz is null and own.reason is distinct from 'restate' as is_all
      from millrace.view v
      join millrace.coverage c on c.view_id = v.id
      left join millrace.backlog own on own.id = $5::bigint and own.view_id = v.id
      cross join lateral (
        select range_agg(span) as spans, ${countedRuns('r')} as open_runs from millrace.run r
         where r.view_id = v.id and r.state ${IN.unstored}) runs
      cross join lateral (
        select count(*) as parts, range_agg(b.span) filter (where b.reason <> 'restate') as unplanned,
               range_agg(b.span) filter (where b.reason = 'restate' and b.id is distinct from own.id) as restated
          from millrace.backlog b where b.view_id = v.id) left_out
     where v.id = any($1)),
  sets as materialized (
    select *, millrace.due(view, coverage, frontier) - open - restated as due, upper((coverage).covered) as covered_until
      from facts),
  aged as materialized (
    select *, case when not isempty(unplanned) then '{}' else
              case when (due - (coverage).covered) && tstzmultirange(tstzrange(covered_until, null))
                   then (coverage).covered * tstzmultirange(tstzrange(
                          covered_until - (view).lookback, covered_until))
                   else '{}' end
            + case when frontier > (coverage).frontier
                        and (coverage).covered + open && tstzmultirange(tstzrange((coverage).frontier, frontier))
                   then (coverage).covered * tstzmultirange(tstzrange((coverage).frontier
                          - (view).lookback, (coverage).frontier))
                   else '{}' end end as lookback,
           case when is_all and (view).catch_up in ('latest', 'none')
                then (due - (coverage).covered - tried - unplanned) * tstzmultirange(tstzrange(null, greatest(
                       (coverage).frontier, case when $4::timestamptz is not null then millrace.frontier_at(view, $4) end)))
                else '{}' end as missed
      from sets),
  caught_up as materialized (
    select *, case (view).catch_up when 'latest'
                then missed - tstzmultirange(tstzrange(upper(missed) - (view).unit, null)) else missed end as skipped
      from aged),
  planned as materialized (
    select *, (due + lookback - (coverage).held - open - restated - skipped) * asked as planned from caught_up)`;

const MS_OF = (set: string) =>
  `(select coalesce(extract(epoch from sum(upper(part) - lower(part))) * 1000, 0) from unnest(${set}) part)::bigint`;

const BOUNDED_SETS = `
  select id, (select string_agg(part::text, ',' order by part)
                from (select unnest(planned) as part limit ${SPANS_MAX}) parts) as due,
         ${MS_OF('planned')} as "dueMs", (extract(epoch from upper(planned)) * 1000)::bigint as "dueEnd",
         ${MS_OF('skipped')} as "skippedMs", lookback::text as lookback,
         (extract(epoch from frontier) * 1000)::bigint as frontier, open_runs as "openRuns", parts > 0 as "hasBacklog",
         exists (select from millrace.inbox i where i.view_id = planned.id) as "hasInbox"
    from planned`;

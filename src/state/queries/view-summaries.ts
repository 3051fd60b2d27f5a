// The state of every view, for lists of thousands. Reads only.

import type { FeatureView } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import { IN } from '../runs/states.ts';
import type { ViewFacts } from '../views/view-state.ts';
import { MS } from './run-overview.ts';

/** The fields for searching a view, and for its jobs, in addition to those that determine its state. */
export type ViewSummary = ViewFacts & {
  readonly view: Pick<FeatureView, 'entity' | 'description' | 'tags' | 'partsOf'>;
};

type Sets = 'held' | 'stale' | 'unpublished';
type Row = Omit<ViewSummary, Sets> & { readonly [S in Sets]: boolean };

/** All views, by name. Sets of spans are reduced to whether they are empty. */
export async function viewSummaries(database: Database): Promise<ViewSummary[]> {
  const rows = await database.query<Row>(STANDINGS);
  return rows.map((row) => ({
    ...row,
    held: { count: Number(row.held) },
    stale: { count: Number(row.stale) },
    unpublished: { count: Number(row.unpublished) },
  }));
}

/** SQL: coverage that a view had before its kind was edited does not count. */
const OF_INTERVALS = `v.kind not in ('latest', 'pushed')`;

const STANDINGS = `
  with clock as materialized (select millrace.now() as now),
  open as (
    select view_id, count(*) as open, count(*) filter (where owner is not null) as active,
           min(id) filter (where owner is null and waiting_for is not null) as waiting
      from millrace.run where state ${IN.open} group by view_id)
  select jsonb_build_object('name', v.name, 'kind', v.kind, 'entity', v.entity, 'tags', v.tags,
           'description', left(v.description, 500), 'start', ${MS('v.start_at')}, 'end', ${MS('v.end_at')},
           'freshnessMs', floor(extract(epoch from v.freshness) * 1000)::bigint)
           || case when v.parts_of is null then '{}' else jsonb_build_object('partsOf', v.parts_of) end as view,
         v.edited_fingerprint is not null as edited, v.retired_at is not null as retired,
         v.paused_kind is not null as "isPaused", v.rebuild_reason as "rebuildReason", v.failed_in_a_row as "failedInARow",
         ${MS('v.applied_at')} as "appliedAt", ${MS('clock.now')} as now,
         case when v.kind in ('latest', 'pushed') then ${MS('c.last_good')}
           else ${MS('millrace.watermark(v, c)')} end as watermark,
         case when v.kind in ('latest', 'pushed') then null else ${MS('millrace.frontier_at(v, clock.now)')} end as frontier,
         ${OF_INTERVALS} and not isempty(c.held) as held, ${OF_INTERVALS} and not isempty(c.stale) as stale,
         c.covered <> c.published and not isempty(c.covered - c.published) as unpublished,
         coalesce(open.open, 0)::int as "openRuns", coalesce(open.active, 0)::int as "activeRuns",
         case when waiting.id is not null then jsonb_build_object('state', waiting.state,
           'wait', jsonb_build_object('kind', waiting.waiting_for->'kind')) end as "waitingRun"
    from millrace.view v
   cross join clock
    join millrace.coverage c on c.view_id = v.id
    left join open on open.view_id = v.id
    left join millrace.run waiting on waiting.id = open.waiting
   order by v.name`;

// The runs of all views over time: for each view and period the most important state. Reads only.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Database } from '../../postgres/database.ts';
import { IN } from '../runs/states.ts';
import { MS } from './run-overview.ts';

/** The states of a period's runs, in order of importance. */
export const GRID_STATES = ['failed', 'open', 'ended', 'done'] as const;
export type GridState = (typeof GRID_STATES)[number];

export type GridRow = {
  readonly view: string;
  readonly tags: readonly string[];
  readonly failed: number;
  /** Period → the state; periods without runs are absent. */
  readonly cells: Readonly<Record<string, GridState>>;
};

export type RunGrid = { readonly from: EpochMs; readonly rows: readonly GridRow[] };

const IMPORTANCE = `case when state = 'failed' then 0 when state ${IN.open} then 1 when state = 'done' then 3 else 2 end`;

/** Most runs are done. Their periods are read from an index (run_closed_by_time), without the table. */
const FOUND_DONE = `
  select v.id as view_id, p.place, 3 as state, 0 as failed
    from views v cross join clock
   cross join lateral (
          select distinct floor(extract(epoch from r.planned_at - clock.start) * 1000 / $2)::int as place from millrace.run r
           where r.view_id = v.id and r.state = 'done' and r.planned_at >= clock.start) p`;

/** All runs of the time that are not done. */
const OTHERS = `
  select r.view_id, r.state, r.planned_at, clock.start
    from clock cross join millrace.run r where r.state ${IN.open} and r.planned_at >= clock.start
  union all
  select v.id, r.state, r.planned_at, clock.start
    from views v cross join clock
   cross join lateral (
          select state, planned_at from millrace.run r
           where r.view_id = v.id and r.state ${IN.givenUp} and r.planned_at >= clock.start) r`;

/** All views that are not retired, by name, with their runs of the newest periods, by when they were planned. */
export async function runGrid(
  database: Database,
  { periods, periodMs }: { readonly periods: number; readonly periodMs: number },
): Promise<RunGrid> {
  const rows = await database.query<GridRow & { from: number }>(
    `with clock as materialized (
       select date_bin($2 * interval '1 ms', millrace.now(), timestamptz 'epoch') - ($1 - 1) * $2 * interval '1 ms' as start),
     views as materialized (select id, name, tags from millrace.view where retired_at is null),
     cells as (
       ${FOUND_DONE}
       union all
       select view_id, place, min(${IMPORTANCE}), count(*) filter (where state = 'failed')::int
         from (${OTHERS}) others, lateral (select floor(extract(epoch from planned_at - start) * 1000 / $2)::int as place) at
        group by 1, 2),
     important as (select view_id, place, min(state) as state, sum(failed)::int as failed from cells group by 1, 2),
     grid as (
       select view_id, sum(failed)::int as failed, jsonb_object_agg(place, ($3::text[])[state + 1]) as cells
         from important group by view_id)
     select v.name as view, to_jsonb(v.tags) as tags, coalesce(g.failed, 0) as failed, coalesce(g.cells, '{}') as cells,
            ${MS('clock.start')} as from
       from views v cross join clock left join grid g on g.view_id = v.id
      order by v.name`,
    [periods, periodMs, GRID_STATES],
  );
  return { from: epochMsOf(rows[0]?.from ?? 0), rows: rows.map(({ from: _, ...row }) => row) };
}

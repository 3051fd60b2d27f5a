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

/** All views that are not retired, by name, with their runs of the newest periods, by when they were planned. */
export async function runGrid(
  database: Database,
  { periods, periodMs }: { readonly periods: number; readonly periodMs: number },
): Promise<RunGrid> {
  const rows = await database.query<GridRow & { from: number }>(
    `with clock as materialized (
       select date_bin($2 * interval '1 ms', millrace.now(), timestamptz 'epoch') - ($1 - 1) * $2 * interval '1 ms' as start),
     cells as (
       select r.view_id, floor(extract(epoch from r.planned_at - clock.start) * 1000 / $2)::int as place,
              min(case when r.state = 'failed' then 0 when r.state ${IN.open} then 1
                       when r.state = 'done' then 3 else 2 end) as state,
              count(*) filter (where r.state = 'failed')::int as failed
         from millrace.run r, clock where r.planned_at >= clock.start group by 1, 2),
     views as (
       select view_id, sum(failed)::int as failed, jsonb_object_agg(place, ($3::text[])[state + 1]) as cells
         from cells group by view_id)
     select v.name as view, to_jsonb(v.tags) as tags, coalesce(c.failed, 0) as failed, coalesce(c.cells, '{}') as cells,
            ${MS('clock.start')} as from
       from millrace.view v cross join clock left join views c on c.view_id = v.id
      where v.retired_at is null order by v.name`,
    [periods, periodMs, GRID_STATES],
  );
  return { from: epochMsOf(rows[0]?.from ?? 0), rows: rows.map(({ from: _, ...row }) => row) };
}

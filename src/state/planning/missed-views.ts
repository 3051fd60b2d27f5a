// The views that a due tick has not reached: a tick records the frontier that it saw.

import type { Database } from '../../postgres/database.ts';
import { IN } from '../runs/states.ts';

/** The newest due tick of a job, and the views and tags (`tag:x`) of the job. */
export type DueTick = { readonly job: string; readonly views: readonly string[]; readonly at: string };

/** The jobs with views that have not seen their tick. Views that do not run do not count. Reads only. */
export async function jobsNotSeen(database: Database, ticks: readonly DueTick[]): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ job: string }>(NOT_SEEN, [JSON.stringify(ticks)]);
  return new Set(rows.map(({ job }) => job));
}

// The tick would have recorded its frontier or, for views of kind latest, planned a run. A tick with a backlog has seen
// all time up to the end of the backlog.
const NOT_SEEN = `
  with ticked as (
    select job, at, word from jsonb_to_recordset($1::jsonb) as t(job text, views text[], at timestamptz), unnest(views) word)
  select distinct t.job
    from millrace.view v
    join millrace.coverage c on c.view_id = v.id
   cross join lateral (
      select v.name as word
       union all
      select 'tag:' || tag from unnest(v.tags) tag) named
    join ticked t using (word)
   where v.retired_at is null and v.paused_kind is null and v.edited_fingerprint is null
     and v.applied_at < t.at and v.kind <> 'pushed'
     and case v.kind when 'latest' then not exists (
           select from millrace.run r
            where r.view_id = v.id
              and (r.planned_at >= t.at or r.state ${IN.unstored}))
         else coalesce((select upper(b.span) from millrace.backlog b where b.view_id = v.id and b.reason <> 'restate'),
                       c.frontier, '-infinity') < millrace.frontier_at(v, t.at)
         end`;

// Ticks that never came: the queue was flushed, or Postgres was away, when they were due.
//
// A tick records the frontier that it saw, so Postgres knows whether the last tick of a schedule was handled. A daily
// job would otherwise be a day late for one minute without a server.

import type { EpochMs } from '../core/instant.ts';
import { previousTick } from '../definition/cron.ts';
import type { Job } from '../definition/job.ts';
import type { Database } from '../postgres/database.ts';

/** Whether some view of the job has not seen the newest tick at or before `until`. Views that do not run do not count. */
export async function isTickMissed(database: Database, job: Job, until: EpochMs): Promise<boolean> {
  const last = previousTick(job.cron, job.timezone, until);
  if (last === null) return false;
  const [row] = await database.query<{ missed: boolean }>(MISSED, [
    job.views.filter((name) => !name.startsWith('tag:')),
    job.views.filter((name) => name.startsWith('tag:')).map((name) => name.slice('tag:'.length)),
    new Date(last).toISOString(),
  ]);
  return row?.missed === true;
}

// What the tick would have recorded as its frontier, as millrace.frontier() computes it, or, for views of kind latest,
// the run that it would have planned.
const MISSED = `
  select exists (
    select from millrace.view v join millrace.coverage c on c.view_id = v.id
     where v.retired_at is null and v.paused_reason is null and v.edited_fingerprint is null
       and (v.name = any($1) or v.spec->'tags' ?| $2::text[])
       and v.applied_at < $3::timestamptz
       and case v.spec->>'kind' when 'latest' then not exists (
             select from millrace.run r
              where r.view_id = v.id
                and (r.planned_at >= $3::timestamptz or r.state in ('planned', 'active')))
           else coalesce(c.frontier, '-infinity') < least(
             date_bin(millrace.unit(v.spec),
                      $3::timestamptz - make_interval(secs => (v.spec->>'settleMs')::float8 / 1000),
                      timestamptz '1970-01-01 00:00:00+00'),
             case when v.spec->>'end' is null then 'infinity' else millrace.instant(v.spec->'end') end)
           end) as missed`;

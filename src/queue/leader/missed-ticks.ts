// Ticks that never came: the queue was flushed, or Postgres was away, when they were due.
//
// A tick records the frontier that it saw, so Postgres knows whether the last tick of a schedule was handled. A daily
// job would otherwise be a day late for one minute without a server.

import { setImmediate } from 'node:timers/promises';
import type { EpochMs } from '../../core/instant.ts';
import { previousTick, ticksAfter } from '../../definition/cron/cron.ts';
import type { Database } from '../../postgres/database.ts';
import { IN } from '../../state/runs/states.ts';
import type { DeployedJob } from '../../state/views/deployment.ts';

/** The newest tick of each job at or before an instant; null where it never ticked. */
export type TickMemory = (job: DeployedJob, until: EpochMs) => EpochMs | null;

const BETWEEN_BREATHS = 100;

/** Ticks are found by enumerating; each is found once. */
export function rememberTicks(): TickMemory {
  const known = new Map<string, { readonly schedule: string; last: EpochMs | null; next: EpochMs | null }>();
  return ({ name, cron, timezone }, until) => {
    const schedule = `${cron} ${timezone}`;
    const seen = known.get(name);
    const isStill =
      seen?.schedule === schedule && (seen.last ?? 0) <= until && (seen.next === null || seen.next > until);
    if (isStill) return seen.last;
    const ticks = ticksAround(cron, timezone, until);
    known.set(name, { schedule, ...ticks });
    return ticks.last;
  };
}

function ticksAround(cron: string, zone: string, instant: EpochMs): { last: EpochMs | null; next: EpochMs | null } {
  try {
    return { last: previousTick(cron, zone, instant), next: ticksAfter(cron, zone, instant, 1)[0] ?? null };
  } catch {
    // Whoever makes the schedules tells of one that cannot be enumerated.
    return { last: null, next: null };
  }
}

/**
 * The jobs some of whose views have not seen the newest tick at or before `until`. Views that do not run do not count,
 * nor do ticks from before the job had its schedule, nor jobs that are paused.
 */
export async function missedJobs(
  database: Database,
  jobs: readonly DeployedJob[],
  { until, lastTick }: { readonly until: EpochMs; readonly lastTick: TickMemory },
): Promise<DeployedJob[]> {
  const ticked: { job: string; views: readonly string[]; at: string }[] = [];
  for (const [index, job] of jobs.entries()) {
    // The first time it takes a moment for thousands of jobs, in which others want to prove that they live.
    if (index % BETWEEN_BREATHS === 0) await setImmediate();
    const at = job.paused ? null : lastTick(job, until);
    if (at !== null && at >= job.since)
      ticked.push({ job: job.name, views: job.views, at: new Date(at).toISOString() });
  }
  const rows = await database.query<{ job: string }>(MISSED, [JSON.stringify(ticked)]);
  const missed = new Set(rows.map(({ job }) => job));
  return jobs.filter(({ name }) => missed.has(name));
}

// What the tick would have recorded as its frontier, or, for views of kind latest, the run that it would have planned. A
// tick that left something out has seen all up to the end of that.
const MISSED = `
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
     and v.applied_at < t.at
     and case v.kind when 'latest' then not exists (
           select from millrace.run r
            where r.view_id = v.id
              and (r.planned_at >= t.at or r.state ${IN.unstored}))
         else coalesce((select upper(b.span) from millrace.backlog b where b.view_id = v.id and b.reason <> 'restate'),
                       c.frontier, '-infinity') < millrace.frontier_at(v, t.at)
         end`;

// Missed ticks: the queue was flushed, or Postgres was unavailable, when they were due.
//
// A tick records the frontier that it saw, so Postgres knows whether the last tick of a schedule was handled. Otherwise
// a daily job would be a day late after one minute without a server.

import { setImmediate } from 'node:timers/promises';
import type { EpochMs } from '../../core/instant.ts';
import { previousTick, ticksAfter } from '../../definition/cron/cron.ts';
import type { Database } from '../../postgres/database.ts';
import { type DueTick, jobsNotSeen } from '../../state/planning/missed-views.ts';
import type { DeployedJob } from '../../state/views/deployment.ts';

/** The newest tick of each job at or before an instant; null if it never ticked. */
export type TickMemory = (job: DeployedJob, until: EpochMs) => EpochMs | null;

const BETWEEN_BREATHS = 100;

/** Ticks are found by enumeration; each is found once. */
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
    // The code that makes schedules reports those that cannot be enumerated.
    return { last: null, next: null };
  }
}

/**
 * The jobs with views that have not seen the newest tick at or before `until`. Views that do not run do not count, nor
 * do ticks before the job had its schedule, nor paused jobs.
 */
export async function missedJobs(
  database: Database,
  jobs: readonly DeployedJob[],
  { until, lastTick }: { readonly until: EpochMs; readonly lastTick: TickMemory },
): Promise<DeployedJob[]> {
  const ticked: DueTick[] = [];
  for (const [index, job] of jobs.entries()) {
    // The first call takes a moment for thousands of jobs; heartbeats must run in between.
    if (index % BETWEEN_BREATHS === 0) await setImmediate();
    const at = job.paused ? null : lastTick(job, until);
    if (at !== null && at >= job.since)
      ticked.push({ job: job.name, views: job.views, at: new Date(at).toISOString() });
  }
  const missed = await jobsNotSeen(database, ticked);
  return jobs.filter(({ name }) => missed.has(name));
}

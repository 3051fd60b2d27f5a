// The schedules in Redis, made to match jobs/. Only the elected scheduler calls this, and it may call it at any time.
//
// A schedule is a hash, and one job, delayed until the next tick, that begets its successor as it starts. The job can be
// lost while the hash lives; BullMQ then lists a schedule that never ticks again, and refuses to renew it while the data
// of the lost job is still there. So a schedule is whole only if its next job is, and a broken one is made anew.

import type { JobSchedulerJson, Queue } from 'bullmq';
import { Failure, messageOf } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import type { Job } from '../definition/job.ts';
import type { TickJob } from './job-data.ts';
import type { Queues } from './queues.ts';

type Schedule = JobSchedulerJson<TickJob>;

/** The jobs whose schedules were touched, and how. */
export type ScheduleChanges = {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly repaired: readonly string[];
  readonly removed: readonly string[];
};

/**
 * Creates missing schedules, changes those whose cron or time zone changed, repairs broken ones and removes those that
 * no job has, with their waiting ticks. A schedule that is right is not touched. A schedule that cannot be had does not
 * keep the others from being.
 *
 * @throws Failure QUEUE_UNAVAILABLE, or DEFINITION_INVALID naming the jobs whose next tick cannot be computed.
 */
export async function matchSchedules(queues: Queues, jobs: readonly Job[], log: Log): Promise<ScheduleChanges> {
  const found = await queues.exchange(() => queues.tick.getJobSchedulers());
  const known = new Map(found.map((schedule) => [schedule.key, schedule]));
  const changes = {
    created: [] as string[],
    changed: [] as string[],
    repaired: [] as string[],
    removed: [] as string[],
  };
  const failures: unknown[] = [];
  for (const job of jobs) {
    try {
      const change = await matchSchedule(queues, job, known.get(job.name));
      if (change !== null) changes[change].push(job.name);
    } catch (error) {
      failures.push(error);
    }
  }
  const wanted = new Set(jobs.map(({ name }) => name));
  for (const { key } of found.filter((schedule) => !wanted.has(schedule.key))) {
    await removeSchedule(queues, key);
    changes.removed.push(key);
  }
  for (const [change, names] of Object.entries(changes)) {
    for (const job of names) log.info(`schedule.${change}`, { job });
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : severalOf(failures);
  return changes;
}

function severalOf(failures: readonly unknown[]): Failure {
  const first = failures.find((failure) => failure instanceof Failure);
  return new Failure(first?.code ?? 'BUG', failures.map(messageOf).join(' '), {}, failures[0]);
}

async function matchSchedule(
  queues: Queues,
  job: Job,
  schedule: Schedule | undefined,
): Promise<'created' | 'changed' | 'repaired' | null> {
  if (schedule === undefined) {
    await upsert(queues, job);
    return 'created';
  }
  if (!(await ticksOn(queues, schedule))) {
    await repair(queues, job, schedule);
    return 'repaired';
  }
  if (isAsDefined(schedule, job)) return null;
  await upsert(queues, job);
  return 'changed';
}

function isAsDefined({ pattern, tz, template }: Schedule, job: Job): boolean {
  return pattern === job.cron && tz === job.timezone && template?.data?.job === job.name;
}

/** Whether the schedule's next job is there: to be delayed, waiting, or starting right now. */
async function ticksOn(queues: Queues, { key, next }: Schedule): Promise<boolean> {
  const state = await queues.exchange(() => queues.tick.getJobState(tickId(key, next)));
  if (isAlive(state)) return true;
  // It may have ticked since the schedules were listed.
  const now = await queues.exchange(() => queues.tick.getJobScheduler(key));
  return now !== undefined && now.next !== next;
}

function isAlive(state: string): boolean {
  return state === 'delayed' || state === 'waiting' || state === 'prioritized' || state === 'active';
}

function tickId(key: string, next: number | undefined): string {
  return `repeat:${key}:${next}`;
}

async function repair(queues: Queues, job: Job, broken: Schedule): Promise<void> {
  // BullMQ protects the next job of a schedule from removal, even where it will never run.
  await queues.exchange(() => queues.tick.removeJobScheduler(broken.key));
  await queues.exchange(() => queues.tick.remove(tickId(broken.key, broken.next)));
  await upsert(queues, job);
}

async function upsert(queues: Queues, job: Job): Promise<void> {
  const added: unknown = await queues.exchange(() =>
    queues.tick.upsertJobScheduler(
      job.name,
      { pattern: job.cron, tz: job.timezone },
      { name: job.name, data: { job: job.name } },
    ),
  );
  // Where the next tick cannot be computed BullMQ stores nothing and says nothing.
  if (added !== undefined) return;
  throw new Failure(
    'DEFINITION_INVALID',
    `Job ${job.name} has no next tick: "${job.cron}" in ${job.timezone} cannot be computed; choose another time of day, or timezone UTC.`,
    { job: job.name },
  );
}

/** Removes a schedule, its next tick, and those that have been waiting to be taken. */
async function removeSchedule(queues: Queues, key: string): Promise<void> {
  await queues.exchange(() => queues.tick.removeJobScheduler(key));
  const left = await waitingIds(queues, queues.tick);
  for (const id of left.filter((one) => one.startsWith(`repeat:${key}:`))) {
    await queues.exchange(() => queues.tick.remove(id));
  }
}

async function waitingIds(queues: Queues, queue: Queue<TickJob>): Promise<string[]> {
  return queues.exchange(() => queue.getRanges(['wait', 'delayed', 'prioritized'], 0, -1));
}

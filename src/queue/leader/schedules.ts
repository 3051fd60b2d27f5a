// The schedules in Redis, which match jobs/. Only the elected scheduler calls this, and it may call it at any time.
//
// A schedule is a hash and a job, delayed until the next tick, that creates its successor when it starts. The job can
// be lost while the hash survives; BullMQ then lists a schedule that never ticks again, and refuses to renew it while
// data of the lost job exists. So a schedule is intact only if its next job is, and a broken one is recreated.

import type { Clock } from '../../core/clock.ts';
import { Failure, wordsOf } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import type { Log } from '../../core/log.ts';
import { joined, safe, text } from '../../core/message.ts';
import { plainCron } from '../../definition/cron/cron-plain.ts';
import type { Job } from '../../definition/job.ts';
import type { Queues } from '../queues.ts';
import { repair, type Schedule, tickId, ticksOn, upsert } from './one-schedule.ts';

/** The jobs whose schedules changed, and how. */
export type ScheduleChanges = {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly repaired: readonly string[];
  readonly removed: readonly string[];
};

export type SchedulesOptions = {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly log: Log;
  /** When this process started to take ticks; null if that is unknown: late ticks may just wait for a scheduler. */
  readonly takenSince: EpochMs | null;
};

/** Parallel round trips: enough to hide the latency, few enough for the deadline. */
const PARALLEL = 100;
/** A next tick that has been due for this long without being delivered never will be. */
const OVERDUE_MS = 30_000;

/**
 * Creates missing schedules, changes those whose cron or time zone changed, repairs broken ones and removes those
 * without a job, with their waiting ticks; a paused job has no schedule. Correct schedules are not touched. A schedule
 * that fails does not block the others.
 *
 * @throws Failure QUEUE_UNAVAILABLE, or DEFINITION_INVALID naming the jobs whose next tick cannot be computed.
 */
export async function matchSchedules(options: SchedulesOptions, jobs: readonly Job[]): Promise<ScheduleChanges> {
  const { queues, log } = options;
  const found = await queues.exchange(() => queues.tick.getJobSchedulers());
  const known = new Map(found.map((schedule) => [schedule.key, schedule]));
  const wanted = new Map(jobs.filter(({ paused }) => !paused).map((job) => [job.name, job]));
  const broken = await brokenOnes(
    options,
    found.filter(({ key }) => wanted.has(key)),
  );
  const changes = {
    created: [...wanted.values()].filter(({ name }) => !known.has(name)),
    changed: [...wanted.values()].filter((job) => !broken.has(job.name) && isDifferent(known.get(job.name), job)),
    repaired: [...wanted.values()].filter(({ name }) => broken.has(name)),
  };
  const failures: unknown[] = [];
  const made = async (list: readonly Job[], make: (job: Job) => Promise<void>) => {
    const failed = await allSettled(list, make);
    failures.push(...failed.values());
    return list.map(({ name }) => name).filter((_, index) => !failed.has(index));
  };
  const done = {
    created: await made(changes.created, (job) => upsert(queues, job)),
    changed: await made(changes.changed, (job) => upsert(queues, job)),
    repaired: await made(changes.repaired, (job) => repair(queues, job, broken.get(job.name))),
    removed: await removeSchedules(
      queues,
      [...known.keys()].filter((key) => !wanted.has(key)),
    ),
  };
  for (const [change, names] of Object.entries(done)) {
    for (const job of names) (change === 'repaired' ? log.warn : log.info)(`schedule.${change}`, { job });
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : severalOf(failures);
  return done;
}

function severalOf(failures: readonly unknown[]): Failure {
  const first = failures.find((failure) => failure instanceof Failure);
  const sentences = failures.slice(0, LISTED_MAX).map(wordsOf);
  const more = failures.length > LISTED_MAX ? ` And ${failures.length - LISTED_MAX} more errors like these.` : '';
  return new Failure(first?.code ?? 'BUG', text`${joined(sentences, ' ')}${safe(more)}`, {}, failures[0]);
}

const LISTED_MAX = 10;

/** Does `work` for each, several in parallel; returns the index and error of each rejection. */
async function allSettled<T>(
  list: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<ReadonlyMap<number, unknown>> {
  const failed = new Map<number, unknown>();
  for (let from = 0; from < list.length; from += PARALLEL) {
    const results = await Promise.allSettled(list.slice(from, from + PARALLEL).map(work));
    for (const [index, result] of results.entries()) {
      if (result.status === 'rejected') failed.set(from + index, result.reason);
    }
  }
  return failed;
}

function isDifferent(schedule: Schedule | undefined, job: Job): boolean {
  if (schedule === undefined) return false;
  const { pattern, tz, template } = schedule;
  return pattern !== plainCron(job.cron) || tz !== job.timezone || template?.data?.job !== job.name;
}

/** The schedules that will not tick again: their next job is lost, or was due long ago and is still delayed. */
async function brokenOnes(
  { queues, clock, takenSince }: SchedulesOptions,
  schedules: readonly Schedule[],
): Promise<ReadonlyMap<string, Schedule>> {
  const alive = await aliveTicks(queues);
  const delayed = await queues.exchange(() => queues.tick.getRanges(['delayed'], 0, -1));
  const waiting = new Set(delayed);
  const isOverdue = (next: number) => takenSince !== null && Math.max(next, takenSince) < clock.now() - OVERDUE_MS;
  const suspects = schedules.filter(({ key, next }) => {
    const id = tickId(key, next);
    return !alive.has(id) || (waiting.has(id) && isOverdue(next ?? 0));
  });
  const broken = new Map(suspects.map((schedule) => [schedule.key, schedule]));
  const looked = await allSettled(suspects, async (schedule) => {
    if (await ticksOn(queues, schedule)) broken.delete(schedule.key);
  });
  for (const error of looked.values()) throw error;
  return broken;
}

// One query for all of them: BullMQ searches the whole waiting list for a single job.
async function aliveTicks(queues: Queues): Promise<ReadonlySet<string>> {
  const states = ['active', 'wait', 'delayed', 'prioritized'] as const;
  return new Set(await queues.exchange(() => queues.tick.getRanges([...states], 0, -1)));
}

/** Removes schedules, their next ticks, and their waiting ticks. */
async function removeSchedules(queues: Queues, keys: readonly string[]): Promise<readonly string[]> {
  if (keys.length === 0) return keys;
  const remove = (key: string) => queues.exchange(() => queues.tick.removeJobScheduler(key));
  for (const error of (await allSettled(keys, remove)).values()) throw error;
  const gone = new Set(keys);
  const left = await queues.exchange(() => queues.tick.getRanges(['wait', 'delayed', 'prioritized'], 0, -1));
  const orphans = left.filter((id) => gone.has(/^repeat:([^:]+):/.exec(id)?.[1] ?? ''));
  const removed = await allSettled(orphans, (id) => queues.exchange(() => queues.tick.remove(id)));
  for (const error of removed.values()) throw error;
  return keys;
}

// One schedule in Redis: a hash, and the job of its next tick.

import type { JobSchedulerJson } from 'bullmq';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { plainCron } from '../../definition/cron/cron-plain.ts';
import type { Job } from '../../definition/job.ts';
import type { TickJob } from '../delivery/job-data.ts';
import type { Queues } from '../queues.ts';

export type Schedule = JobSchedulerJson<TickJob>;

/** Whether a schedule has ticked since it was listed. */
export async function ticksOn(queues: Queues, { key, next }: Schedule): Promise<boolean> {
  const now = await queues.exchange(() => queues.tick.getJobScheduler(key));
  return now !== undefined && now.next !== next;
}

/** The id of a schedule's next job. */
export function tickId(key: string, next: number | undefined): string {
  return `repeat:${key}:${next}`;
}

/** Recreates a schedule. @throws as upsert */
export async function repair(queues: Queues, job: Job, broken: Schedule | undefined): Promise<void> {
  // BullMQ protects the next job of a schedule from removal, even if it will never run.
  await queues.exchange(() => queues.tick.removeJobScheduler(job.name));
  await queues.exchange(() => queues.tick.remove(tickId(job.name, broken?.next)));
  await upsert(queues, job);
}

/** Creates or changes a schedule. @throws Failure QUEUE_UNAVAILABLE, or DEFINITION_INVALID if it has no next tick */
export async function upsert(queues: Queues, job: Job): Promise<void> {
  const added: unknown = await queues.exchange(() =>
    queues.tick.upsertJobScheduler(
      job.name,
      { pattern: plainCron(job.cron), tz: job.timezone },
      { name: job.name, data: { job: job.name } },
    ),
  );
  // If the next tick cannot be computed, BullMQ silently stores nothing.
  if (added !== undefined) return;
  throw new Failure(
    'DEFINITION_INVALID',
    text`Job ${safe(job.name)} has no next tick: "${safe(job.cron)}" in ${safe(job.timezone)} cannot be computed; choose another time of day, or timezone UTC.`,
    { job: job.name },
  );
}

// The next ticks of a job, and how changes of clocks affect them. Pure.

import type { EpochMs } from '../core/instant.ts';
import { ticksAfter } from '../definition/cron/cron.ts';
import { type ClockNote, clockNotes } from '../definition/cron/cron-notes.ts';
import { hasEitherDay } from '../definition/cron/cron-plain.ts';
import type { Job } from '../definition/job.ts';

export type JobTicks = {
  readonly job: Job;
  /** The next ticks; empty if the job is paused. */
  readonly at: readonly EpochMs[];
  readonly notes: readonly ClockNote[];
  /** Whether the cron names days of the month and days of the week, so that it ticks on days that match either one. */
  readonly eitherDay: boolean;
};

const TICKS_SHOWN = 5;

export function jobTicks(job: Job, now: EpochMs): JobTicks {
  const { cron, timezone } = job;
  const eitherDay = hasEitherDay(cron);
  if (job.paused) return { job, at: [], notes: [], eitherDay };
  return { job, at: ticksAfter(cron, timezone, now, TICKS_SHOWN), notes: clockNotes(cron, timezone, now), eitherDay };
}

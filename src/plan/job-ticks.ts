// When a job ticks next, and what changes of clocks do to it: pure.

import type { EpochMs } from '../core/instant.ts';
import { ticksAfter } from '../definition/cron/cron.ts';
import { type ClockNote, clockNotes } from '../definition/cron/cron-notes.ts';
import { hasEitherDay } from '../definition/cron/cron-plain.ts';
import type { Job } from '../definition/job.ts';

export type JobTicks = {
  readonly job: Job;
  /** The next ones; none where it is paused. */
  readonly at: readonly EpochMs[];
  readonly notes: readonly ClockNote[];
  /** Whether its days are those of the month and those of the week that its cron names, and not only those that are both. */
  readonly eitherDay: boolean;
};

const TICKS_SHOWN = 5;

export function jobTicks(job: Job, now: EpochMs): JobTicks {
  const { cron, timezone } = job;
  const eitherDay = hasEitherDay(cron);
  if (job.paused) return { job, at: [], notes: [], eitherDay };
  return { job, at: ticksAfter(cron, timezone, now, TICKS_SHOWN), notes: clockNotes(cron, timezone, now), eitherDay };
}

// The next tick of a schedule, for BullMQ, whose own computation is wrong around changes of daylight saving time.

import type { RepeatOptions } from 'bullmq';
import { epochMsOf } from '../../core/instant.ts';
import { ticksAfter } from '../../definition/cron/cron.ts';

/** Milliseconds of the first tick after `after`; undefined, which BullMQ takes for the end, if there is none. */
export function nextTick(after: number, { pattern, tz }: RepeatOptions): number | undefined {
  try {
    return ticksAfter(pattern ?? '', tz ?? 'UTC', epochMsOf(after), 1)[0];
  } catch {
    // An error here would leave the running tick active forever; the reconciler reports schedules that have ended.
    return undefined;
  }
}

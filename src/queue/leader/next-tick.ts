// The next tick of a schedule, for BullMQ: its own way depends, on days of a change of clocks, on when it asks.

import type { RepeatOptions } from 'bullmq';
import { epochMsOf } from '../../core/instant.ts';
import { ticksAfter } from '../../definition/cron/cron.ts';

/** Milliseconds of the first tick after `after`; undefined, which BullMQ takes for an end, where there is none. */
export function nextTick(after: number, { pattern, tz }: RepeatOptions): number | undefined {
  try {
    return ticksAfter(pattern ?? '', tz ?? 'UTC', epochMsOf(after), 1)[0];
  } catch {
    // An error here would leave the running tick active for ever; the reconciler tells of schedules that have ended.
    return undefined;
  }
}

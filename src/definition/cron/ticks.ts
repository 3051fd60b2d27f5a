// The ticks of a cron schedule, enumerated in local time.
//
// The cron library enumerates in UTC only, where every time occurs once and next() does not depend on its start. Changes of
// clocks are handled here: cron-parser 5.10 itself picks the second 00:30 in Havana, skips the 02:45 that does not exist in
// Chatham, and gives up in Lord Howe.
//
// A schedule with fixed hours ticks once for each of its times. A time that does not exist moves by the length of the gap
// (02:30 to 03:30); of a time that occurs twice the first counts. A schedule of every hour follows elapsed time.

import { CronExpressionParser } from 'cron-parser';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { plainCron } from './cron-plain.ts';
import { changeBetween, offsetMs } from './zone.ts';

/** No change of clocks is larger. */
const MOVED_MAX_MS = 26 * 3_600_000;

/** All ticks in order, starting at or before `from`. @throws Error if the expression has no next tick */
export function* ticksFrom(cron: string, zone: string, from: EpochMs): Generator<EpochMs> {
  const isFixed = hasFixedHours(cron);
  const early = epochMsOf(from - MOVED_MAX_MS);
  // A tick that a change has moved is named by a time before the change.
  let start = changeBetween(zone, early, from) === null ? from : early;
  let local = start + offsetMs(zone, start);
  for (;;) {
    const offset = offsetMs(zone, start);
    const change = yield* ticksOfStretch(cron, zone, { start, offset, local });
    const next = offsetMs(zone, change);
    const gap = isFixed ? Math.max(0, next - offset) : 0;
    if (gap > 0) yield* ticksAfterGap(cron, { change, offset, next });
    // When clocks go back, the repeated hours of a fixed schedule have already ticked.
    local = change + gap + (isFixed ? Math.max(offset, next) : next);
    start = change;
  }
}

/** Whether a schedule names certain hours rather than every hour. */
export function hasFixedHours(cron: string): boolean {
  return !/^\*(?:\/1)?$/.test(cron.trim().split(/\s+/)[1] ?? '');
}

type Stretch = { readonly start: EpochMs; readonly offset: number; readonly local: number };

/** The ticks from the local time `local` up to the next change of clocks, which is returned. */
function* ticksOfStretch(cron: string, zone: string, stretch: Stretch): Generator<EpochMs, EpochMs> {
  const nextTime = timesFrom(cron, stretch.local);
  let looked = stretch.start;
  for (;;) {
    const tick = epochMsOf(nextTime() - stretch.offset);
    const change = changeBetween(zone, looked, tick);
    if (change !== null) return change;
    looked = tick;
    yield tick;
  }
}

type Gap = { readonly change: EpochMs; readonly offset: number; readonly next: number };

/** The ticks just after a gap: the times in the gap, moved, merged with the regular times after it. */
function* ticksAfterGap(cron: string, { change, offset, next }: Gap): Generator<EpochMs> {
  const lengthMs = next - offset;
  const ticks = new Set<number>();
  for (const before of [offset, next]) {
    const nextTime = timesFrom(cron, change + before);
    for (let time = nextTime(); time < change + before + lengthMs; time = nextTime()) ticks.add(time - before);
  }
  yield* [...ticks].sort((a, b) => a - b).map(epochMsOf);
}

/** Returns, one per call, the times that the expression names from `local` onward, as if they were UTC. */
function timesFrom(cron: string, local: number): () => number {
  // next() excludes its start, and the start may be a tick.
  const expression = CronExpressionParser.parse(plainCron(cron), { currentDate: new Date(local - 1), tz: 'UTC' });
  return () => expression.next().getTime();
}

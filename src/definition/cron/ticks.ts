// The ticks of a cron schedule, enumerated on the clock on the wall.
//
// The library enumerates in UTC only, where every time comes once and next() does not depend on where it starts. What a
// change of clocks does is decided here: cron-parser 5.10 itself takes the second 00:30 in Havana, leaves out the 02:45
// that does not exist in Chatham, and gives up in Lord Howe.
//
// A schedule of fixed hours ticks once for each of its times: one that does not exist is moved by as much as the clock is
// (02:30 to 03:30), and of one that comes twice the first counts. A schedule of every hour follows real time.

import { CronExpressionParser } from 'cron-parser';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { plainCron } from './cron-plain.ts';
import { changeBetween, offsetMs } from './zone.ts';

/** No clock is moved by more. */
const MOVED_MAX_MS = 26 * 3_600_000;

/** All ticks from some instant at or before `from` on, increasing. @throws Error where the expression has no next one */
export function* ticksFrom(cron: string, zone: string, from: EpochMs): Generator<EpochMs> {
  const isFixed = hasFixedHours(cron);
  const early = epochMsOf(from - MOVED_MAX_MS);
  // What a change has moved was due before it.
  let start = changeBetween(zone, early, from) === null ? from : early;
  let local = start + offsetMs(zone, start);
  for (;;) {
    const offset = offsetMs(zone, start);
    const change = yield* ticksOfStretch(cron, zone, { start, offset, local });
    const next = offsetMs(zone, change);
    const gap = isFixed ? Math.max(0, next - offset) : 0;
    if (gap > 0) yield* ticksAfterGap(cron, { change, offset, next });
    // Where the clock was set back, fixed hours have had their turn up to where it stood.
    local = change + gap + (isFixed ? Math.max(offset, next) : next);
    start = change;
  }
}

/** Whether a schedule is of certain hours, and not of every hour. */
export function hasFixedHours(cron: string): boolean {
  return !/^\*(?:\/1)?$/.test(cron.trim().split(/\s+/)[1] ?? '');
}

type Stretch = { readonly start: EpochMs; readonly offset: number; readonly local: number };

/** The ticks for times on the wall from `local` on, up to the next change of clocks, which it returns. */
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

/** The times that do not exist, moved, among those that they are moved to. */
function* ticksAfterGap(cron: string, { change, offset, next }: Gap): Generator<EpochMs> {
  const lengthMs = next - offset;
  const ticks = new Set<number>();
  for (const before of [offset, next]) {
    const nextTime = timesFrom(cron, change + before);
    for (let time = nextTime(); time < change + before + lengthMs; time = nextTime()) ticks.add(time - before);
  }
  yield* [...ticks].sort((a, b) => a - b).map(epochMsOf);
}

/** One after the other the times that the expression names from one on, as if they were UTC. */
function timesFrom(cron: string, local: number): () => number {
  // next() yields what is after its start, and a start may be a tick.
  const expression = CronExpressionParser.parse(plainCron(cron), { currentDate: new Date(local - 1), tz: 'UTC' });
  return () => expression.next().getTime();
}

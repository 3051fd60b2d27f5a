// Cron ticks: when to look what is due. They decide latency only; what is processed follows from intervals.
//
// cron-parser's next() depends, on the days of a change of clocks, on the instant it is asked from, and its prev() is
// not the inverse of next(). Ticks are therefore enumerated forward with next() from a UTC midnight three days before
// (compared in 7,524 cases of 20 zones). Where no clock changed meanwhile, any start gives the same ticks.

import { CronExpressionParser } from 'cron-parser';
import { messageOf } from '../core/failure.ts';
import { type EpochMs, epochMsOf, formatInstant } from '../core/instant.ts';
import { floorToUnit } from '../core/interval.ts';
import { cronFieldsProblem } from './cron-fields.ts';
import { changeDays, zoneProblem } from './zone.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CHECKED_DAYS = 400;
/** Schedules with more ticks than this in the checked days are enumerated around changes of clocks only. */
const CHECKED_TICKS_MAX = 800;
/** How far back a tick is looked for, nearest first; 8 years reach any 29 February. */
const LOOKBACKS_MS = [HOUR_MS, DAY_MS, 8 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS, 2_925 * DAY_MS];

/**
 * Null where the schedule can run: five right fields, a known zone, and ticks that can be enumerated, strictly increasing,
 * for 400 days from an instant; else a sentence that says what is wrong.
 */
export function cronProblem(cron: string, zone: string, from: EpochMs): string | null {
  return cronFieldsProblem(cron) ?? zoneProblem(zone) ?? libraryProblem(cron) ?? enumerationProblem(cron, zone, from);
}

/** What only all fields together show: 30 February, a day named twice as 0 and 7. */
function libraryProblem(cron: string): string | null {
  try {
    CronExpressionParser.parse(cron);
    return null;
  } catch (thrown) {
    const [, , day, month] = cron.trim().split(/\s+/);
    if (/day of month/.test(messageOf(thrown))) return `day ${day} of month ${month}: no such date ever comes`;
    return `it has no meaning (${messageOf(thrown)})`;
  }
}

/** The first `count` ticks after an instant. @throws Error where `cronProblem` finds something. */
export function ticksAfter(cron: string, zone: string, instant: EpochMs, count: number): EpochMs[] {
  const ticks: EpochMs[] = [];
  if (count < 1) return ticks;
  for (const tick of ticksFrom(cron, zone, instant)) {
    if (tick > instant) ticks.push(tick);
    if (ticks.length === count) break;
  }
  return ticks;
}

/** The newest tick at or before an instant; null where there was none in eight years. */
export function previousTick(cron: string, zone: string, instant: EpochMs): EpochMs | null {
  for (const lookbackMs of LOOKBACKS_MS) {
    let newest: EpochMs | null = null;
    const from = epochMsOf(instant - lookbackMs);
    for (const tick of ticksFrom(cron, zone, from)) {
      if (tick > instant) break;
      if (tick >= from) newest = tick;
    }
    if (newest !== null) return newest;
  }
  return null;
}

/** All ticks from some instant at or before `from` on. */
function* ticksFrom(cron: string, zone: string, from: EpochMs): Generator<EpochMs> {
  const leadIn = floorToUnit(epochMsOf(from - 3 * DAY_MS), DAY_MS);
  const hasChanged = changeDays(zone, leadIn, epochMsOf(from + DAY_MS)).length > 0;
  // next() yields what is after its start, and a start may be a tick.
  const start = hasChanged ? leadIn : from;
  const expression = CronExpressionParser.parse(cron, { currentDate: new Date(start - 1), tz: zone });
  for (;;) yield epochMsOf(expression.next().getTime());
}

function enumerationProblem(cron: string, zone: string, from: EpochMs): string | null {
  let last: EpochMs | null = null;
  try {
    for (const [start, end] of checkedRanges(cron, zone, from)) {
      last = null;
      for (const tick of ticksFrom(cron, zone, start)) {
        if (last !== null && tick <= last) return `its ticks repeat at ${formatInstant(tick)} in ${zone}`;
        last = tick;
        if (tick >= end) break;
      }
    }
    return null;
  } catch (thrown) {
    const where = last === null ? '' : ` after ${formatInstant(last)}`;
    return `its ticks in ${zone} cannot be enumerated${where} (${messageOf(thrown)}); choose another time of day, or timezone UTC`;
  }
}

/** The parts of the 400 days that are enumerated: all of them, or the days around each change of clocks and samples. */
function checkedRanges(cron: string, zone: string, from: EpochMs): [EpochMs, EpochMs][] {
  const end = epochMsOf(from + CHECKED_DAYS * DAY_MS);
  const first = ticksAfter(cron, zone, from, 20);
  const twentieth = first.at(-1) ?? end;
  const ticks = (20 * CHECKED_DAYS * DAY_MS) / Math.max(1, twentieth - from);
  if (ticks <= CHECKED_TICKS_MAX) return [[from, end]];
  const around = changeDays(zone, from, end).map((day): [EpochMs, EpochMs] => [
    epochMsOf(day - 2 * DAY_MS),
    epochMsOf(day + 2 * DAY_MS),
  ]);
  const samples = Array.from({ length: CHECKED_DAYS / 10 }, (_, index): [EpochMs, EpochMs] => {
    const day = epochMsOf(from + index * 10 * DAY_MS);
    return [day, epochMsOf(day + 1)];
  });
  return [...around, ...samples];
}

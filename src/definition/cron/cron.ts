// Cron ticks: when to check what is due. They affect latency only; intervals decide what is processed.
//
// Ticks are enumerated forward (ticks.ts), with the same result from any starting instant.

import { CronExpressionParser } from 'cron-parser';
import { messageOf } from '../../core/failure.ts';
import { type EpochMs, epochMsOf, formatInstant } from '../../core/instant.ts';
import { floorToUnit } from '../../core/interval.ts';
import { cronFieldsProblem } from './cron-fields.ts';
import { plainCron } from './cron-plain.ts';
import { ticksFrom } from './ticks.ts';
import { changeBetween, zoneProblem } from './zone.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CHECKED_DAYS = 400;
/** How far back to search for a tick, nearest first. 8 years include a 29 February. */
const LOOKBACKS_MS = [HOUR_MS, DAY_MS, 8 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS, 2_925 * DAY_MS];

/**
 * The problem with a schedule; null if it has five valid fields, a known zone, and ticks that can be enumerated through
 * every change of clocks in the next 400 days.
 */
export function cronProblem(cron: string, zone: string, from: EpochMs): string | null {
  return cronFieldsProblem(cron) ?? zoneProblem(zone) ?? libraryProblem(cron) ?? enumerationProblem(cron, zone, from);
}

/** Problems of the fields together: 30 February. */
function libraryProblem(cron: string): string | null {
  try {
    CronExpressionParser.parse(plainCron(cron));
    return null;
  } catch (thrown) {
    const [, , day, month] = cron.trim().split(/\s+/);
    if (/day of month/.test(messageOf(thrown)))
      return `day ${day} of month ${month} does not exist, so the job would never run`;
    return `it is not a valid cron expression (${messageOf(thrown)})`;
  }
}

/** The first `count` ticks after an instant. @throws Error if `cronProblem` finds a problem. */
export function ticksAfter(cron: string, zone: string, instant: EpochMs, count: number): EpochMs[] {
  const ticks: EpochMs[] = [];
  if (count < 1) return ticks;
  for (const tick of ticksFrom(cron, zone, instant)) {
    if (tick > instant) ticks.push(tick);
    if (ticks.length === count) break;
  }
  return ticks;
}

/** The newest tick at or before an instant; null if there was none in eight years. */
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

/**
 * Refuses schedules that the library cannot enumerate in their zone (02:00 in Australia/Lord_Howe) although ticks.ts can:
 * other readers of the schedules, such as a queue dashboard, use the library.
 */
function enumerationProblem(cron: string, zone: string, from: EpochMs): string | null {
  let last: EpochMs | null = null;
  try {
    for (const [start, end] of checkedRanges(zone, from)) {
      const expression = CronExpressionParser.parse(plainCron(cron), { currentDate: new Date(start - 1), tz: zone });
      for (last = null; last === null || last < end; ) last = epochMsOf(expression.next().getTime());
    }
    return null;
  } catch (thrown) {
    const where = last === null ? '' : ` after ${formatInstant(last)}`;
    return `its ticks in ${zone} cannot be computed${where} (${messageOf(thrown)}); choose another time of day, or timezone UTC`;
  }
}

/** The parts of the 400 days in which the zone matters: the days around each change of clocks. */
function checkedRanges(zone: string, from: EpochMs): [EpochMs, EpochMs][] {
  const end = epochMsOf(from + CHECKED_DAYS * DAY_MS);
  const ranges: [EpochMs, EpochMs][] = [];
  for (let change = changeBetween(zone, from, end); change !== null; change = changeBetween(zone, change, end)) {
    ranges.push([floorToUnit(epochMsOf(change - 2 * DAY_MS), DAY_MS), epochMsOf(change + 2 * DAY_MS)]);
  }
  return [[from, epochMsOf(from + DAY_MS)], ...ranges];
}

// The check `volume`: does a unit have about as many rows as earlier units?

import type { Check, SameTime } from '../definition/check.ts';
import { type CheckOutcome, tooFew, unitsNeeded } from './outcome.ts';

type Volume = Extract<Check, { readonly kind: 'volume' }>;

/** The rows of one unit. `start` is in epoch ms. */
export type UnitRows = { readonly start: number; readonly rows: number };

/** Differences up to this multiple of the root of the median are chance: rows that arrive independently vary that much. */
const CHANCE = 4;

/** Judges the units of a run, oldest first, and returns the outcome of the unit that differs most. */
export function judgeVolume(check: Volume, units: readonly UnitRows[], earlier: readonly UnitRows[]): CheckOutcome {
  const needed = unitsNeeded(check.comparedTo);
  const known = [...earlier];
  let worst: Judged | null = null;
  let most = 0;
  for (const unit of units) {
    const compared = known.filter((other) => isSameTime(check.same, other.start, unit.start)).slice(-check.comparedTo);
    known.push(unit);
    most = Math.max(most, compared.length);
    if (compared.length < needed) continue;
    const judged = judgedUnit(check, unit, compared);
    if (worst === null || isWorse(judged, worst)) worst = judged;
  }
  if (worst === null) return tooFew(check, most, needed);
  const { start, rows, median, units: compared } = worst;
  return {
    check,
    state: worst.isBroken ? 'broken' : 'passed',
    facts: { kind: 'volume', start, rows, median, units: compared },
  };
}

type Judged = UnitRows & {
  readonly median: number;
  readonly units: number;
  readonly isBroken: boolean;
  readonly difference: number;
};

function judgedUnit({ share }: Volume, unit: UnitRows, compared: readonly UnitRows[]): Judged {
  const median = medianOf(compared.map(({ rows }) => rows));
  const by = Math.abs(unit.rows - median);
  const difference = median === 0 ? 0 : by / median;
  const isBroken = difference > share && by > CHANCE * Math.sqrt(median);
  return { ...unit, median, units: compared.length, isBroken, difference };
}

function isWorse(one: Judged, other: Judged): boolean {
  return one.isBroken === other.isBroken ? one.difference > other.difference : one.isBroken;
}

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PERIODS: Readonly<Record<SameTime, { readonly period: number; readonly part: number }>> = {
  any: { period: 1, part: 1 },
  hour: { period: DAY_MS, part: HOUR_MS },
  weekday: { period: 7 * DAY_MS, part: DAY_MS },
  week_hour: { period: 7 * DAY_MS, part: HOUR_MS },
};

/** The cycle of comparable times, and the part of it that counts as the same time, in ms. */
export function periodOf(same: SameTime): { readonly period: number; readonly part: number } {
  return PERIODS[same];
}

/** Whether two instants in epoch ms are in the same hour of the day, or day or hour of the week, in UTC. */
export function isSameTime(same: SameTime, a: number, b: number): boolean {
  const { period, part } = PERIODS[same];
  const of = (instant: number) => Math.floor((((instant % period) + period) % period) / part);
  return of(a) === of(b);
}

/** How far back the given number of comparable units reach, in ms. */
export function reachMs({ same, comparedTo }: Pick<Volume, 'same' | 'comparedTo'>, unitMs: number): number {
  return comparedTo * Math.max(PERIODS[same].period, unitMs);
}

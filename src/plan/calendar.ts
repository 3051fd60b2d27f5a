// A view's time, day by day: what the units of each UTC day are. Pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import { type Coverage, MARKS, type UnitState } from './strip.ts';

export const DAY_MS = 86_400_000;

export type DayCell = {
  readonly day: EpochMs;
  /** What of the day matters most to whoever looks after the view. */
  readonly state: UnitState;
  /** Units that begin on the day, by state; of units longer than a day, the one that holds it. */
  readonly units: ReadonlyMap<UnitState, number>;
};

const TOLD = Object.keys(MARKS) as UnitState[]; // of a constant object
const MATTERS: readonly UnitState[] = ['held', 'missing', 'planned', 'stale', 'skipped', 'covered', 'future'];

/** How much of a UTC day is in a state. */
export type DaySum = { readonly day: EpochMs; readonly state: UnitState; readonly ms: number };

/** Each UTC day that has sums, oldest first. */
export function dayCells(sums: readonly DaySum[], unitMs: number): DayCell[] {
  const stepMs = Math.min(unitMs, DAY_MS);
  const days = [...Map.groupBy(sums, ({ day }) => day)].sort(([one], [other]) => one - other);
  return days.map(([day, ofDay]) => {
    const sorted = ofDay.toSorted((one, other) => TOLD.indexOf(one.state) - TOLD.indexOf(other.state));
    const units = new Map(sorted.map(({ state, ms }) => [state, Math.ceil(ms / stepMs)]));
    return { day, state: MATTERS.find((state) => units.has(state)) ?? 'future', units };
  });
}

/** The newest units of a view up to its frontier, at most so many; null where its time has not begun. */
export function newestUnits(
  { start, frontier, unitMs }: Pick<Coverage, 'start' | 'frontier' | 'unitMs'>,
  units: number,
): Interval | null {
  const from = epochMsOf(Math.max(start, frontier - units * unitMs));
  return from >= frontier ? null : interval(from, frontier);
}

// A view's time by UTC day: the states of the units of each day. Pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import { keysOf } from '../core/keys.ts';
import { type Coverage, MARKS, type UnitState } from './strip.ts';

export const DAY_MS = 86_400_000;

export type DayCell = {
  readonly day: EpochMs;
  /** The state of the day that most needs attention. */
  readonly state: UnitState;
  /** Units that start on the day, by state; for units longer than a day, the one that contains it. */
  readonly units: ReadonlyMap<UnitState, number>;
};

const DISPLAY_ORDER = keysOf(MARKS);
const URGENCY_ORDER: readonly UnitState[] = ['held', 'missing', 'planned', 'stale', 'skipped', 'covered', 'future'];

/** How much of a UTC day is in a state. */
export type DaySum = { readonly day: EpochMs; readonly state: UnitState; readonly ms: number };

/** Each UTC day with time in any state, oldest first. */
export function dayCells(sums: readonly DaySum[], unitMs: number): DayCell[] {
  const stepMs = Math.min(unitMs, DAY_MS);
  const days = [...Map.groupBy(sums, ({ day }) => day)].sort(([one], [other]) => one - other);
  return days.map(([day, ofDay]) => {
    const sorted = ofDay.toSorted(
      (one, other) => DISPLAY_ORDER.indexOf(one.state) - DISPLAY_ORDER.indexOf(other.state),
    );
    const units = new Map(sorted.map(({ state, ms }) => [state, Math.ceil(ms / stepMs)]));
    return { day, state: URGENCY_ORDER.find((state) => units.has(state)) ?? 'future', units };
  });
}

/** The newest `units` of a view up to its frontier; null if its time has not started. */
export function newestUnits(
  { start, frontier, unitMs }: Pick<Coverage, 'start' | 'frontier' | 'unitMs'>,
  units: number,
): Interval | null {
  const from = epochMsOf(Math.max(start, frontier - units * unitMs));
  return from >= frontier ? null : interval(from, frontier);
}

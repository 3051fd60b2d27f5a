// A view's time, or a part of it, unit by unit: what is looked at, and what its units sum up to in words. Pure.

import { epochMsOf } from '../../core/instant.ts';
import { type Interval, interval } from '../../core/interval.ts';
import type { Coverage, UnitState } from '../../plan/strip.ts';
import type { IntervalFacts } from '../../state/queries/interval-facts.ts';
import type { RequestedUnits, UnitSums } from '../../state/queries/unit-sums.ts';
import type { CoverageSets } from '../../state/queries/view-coverage.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { count, counted, shortInstant, unitsIn } from '../format.ts';
import type { NextTick } from '../next-ticks.ts';

/** What of a view's time is looked at. */
export type Drawn = {
  readonly status: ViewOverview;
  readonly range: Interval;
  readonly sums: UnitSums;
  readonly facts: IntervalFacts;
  /** When its jobs look at it next, soonest first. */
  readonly ticks: readonly NextTick[];
};

/** A part of a view's time as it is drawn. */
export function coverageOf({ view, frontier }: ViewOverview, sets: CoverageSets): Coverage {
  return { ...sets, unitMs: view.unitMs, start: view.start, frontier: frontier ?? view.start };
}

/** A part of a view's time, for what asks the database about it. */
export function requestedUnits({ view, frontier }: ViewOverview, range: Interval): RequestedUnits {
  return { view, frontier: frontier ?? view.start, range };
}

/** From the view's start to the newest end that is settled or covered; null where there is nothing yet. */
export function settledRange({ view: { start }, frontier, covered }: ViewOverview): Interval | null {
  const end = epochMsOf(Math.max(frontier ?? start, covered.end ?? start));
  return end <= start ? null : interval(start, end);
}

/** In the order of telling. */
export const UNIT_WORDS = {
  covered: 'covered',
  stale: 'to be done again',
  missing: 'missing',
  held: 'held',
  planned: 'running or planned',
  skipped: 'skipped',
} as const satisfies Partial<Record<UnitState, string>>;

/** How many units are in each state; those that are not settled are none. In the order of telling. */
export function unitsByState({ ms }: UnitSums, unitMs: number): Map<UnitState, number> {
  const states = Object.keys(UNIT_WORDS) as (keyof typeof UNIT_WORDS)[]; // of a constant object
  return new Map(
    states.flatMap((state) => (ms[state] === 0 ? [] : [[state, unitsIn({ ms: ms[state] }, unitMs)] as const])),
  );
}

/** `49 units from 2026-01-01 to 2026-02-19: 45 covered, 3 held, 1 missing; 2 covered and not online yet.` */
export function sumText({ range, sums, status: { view } }: Drawn): string {
  const units = unitsByState(sums, view.unitMs);
  const parts = [...units].map(([state, found]) => `${count(found)} ${wordOf(state)}`);
  const all = [...units.values()].reduce((sum, found) => sum + found, 0);
  const debt = unitsIn(sums.unpublished, view.unitMs);
  const online = debt === 0 ? '' : `; ${count(debt)} stored and not yet in the online store`;
  const kept = unitsIn({ ms: sums.heldAndCoveredMs }, view.unitMs);
  const before = kept === 0 ? '' : `; ${count(kept)} held, but still covered by the rows from before`;
  return `${counted(all, 'unit')} from ${shortInstant(range.start)} to ${shortInstant(range.end)}: ${parts.join(', ')}${before}${online}.`;
}

export function wordOf(state: UnitState): string {
  return state === 'future' ? 'not settled' : UNIT_WORDS[state];
}

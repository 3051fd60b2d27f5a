// The units of a view in a range of time, and their totals as text. Pure.

import { epochMsOf } from '../../core/instant.ts';
import { type Interval, interval } from '../../core/interval.ts';
import { keysOf } from '../../core/keys.ts';
import type { Coverage, UnitState } from '../../plan/strip.ts';
import type { IntervalFacts } from '../../state/queries/interval-facts.ts';
import type { RequestedUnits, UnitSums } from '../../state/queries/unit-sums.ts';
import type { CoverageSets } from '../../state/queries/view-coverage.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { count, counted, shortInstant, unitsIn } from '../format.ts';
import type { NextTick } from '../next-ticks.ts';

/** The range of a view to draw, with all that is known of it. */
export type Drawn = {
  readonly status: ViewOverview;
  readonly range: Interval;
  readonly sums: UnitSums;
  readonly facts: IntervalFacts;
  /** The next ticks of its jobs, soonest first. */
  readonly ticks: readonly NextTick[];
};

/** The coverage of a view in the form that is drawn. */
export function coverageOf({ view, frontier }: ViewOverview, sets: CoverageSets): Coverage {
  return { ...sets, unitMs: view.unitMs, start: view.start, frontier: frontier ?? view.start };
}

/** A range of a view, for queries on its units. */
export function requestedUnits({ view, frontier }: ViewOverview, range: Interval): RequestedUnits {
  return { view, frontier: frontier ?? view.start, range };
}

/** From the view's start to the newest settled or covered end; null if that is empty. */
export function settledRange({ view: { start }, frontier, covered }: ViewOverview): Interval | null {
  const end = epochMsOf(Math.max(frontier ?? start, covered.end ?? start));
  return end <= start ? null : interval(start, end);
}

/** In display order. */
export const UNIT_WORDS = {
  covered: 'covered',
  stale: 'to be read again',
  missing: 'missing',
  held: 'held',
  planned: 'running or planned',
  skipped: 'skipped',
} as const satisfies Partial<Record<UnitState, string>>;

/** How many units are in each state, in display order; unsettled units are not counted. */
export function unitsByState({ ms }: UnitSums, unitMs: number): Map<UnitState, number> {
  return new Map(
    keysOf(UNIT_WORDS).flatMap((state) =>
      ms[state] === 0 ? [] : [[state, unitsIn({ ms: ms[state] }, unitMs)] as const],
    ),
  );
}

/** `49 units from 2026-01-01 to 2026-02-19: 45 covered, 3 held, 1 missing; 2 covered and not online yet.` */
export function sumText({ range, sums, status: { view } }: Drawn): string {
  const units = unitsByState(sums, view.unitMs);
  const parts = [...units].map(([state, found]) => `${count(found)} ${wordOf(state)}`);
  const all = [...units.values()].reduce((sum, found) => sum + found, 0);
  const unpublished = unitsIn(sums.unpublished, view.unitMs);
  const online = unpublished === 0 ? '' : `; ${count(unpublished)} stored but not yet in the online store`;
  const kept = unitsIn({ ms: sums.heldAndCoveredMs }, view.unitMs);
  const before = kept === 0 ? '' : `; ${count(kept)} held, but still covered by earlier rows`;
  return `${counted(all, 'unit')} from ${shortInstant(range.start)} to ${shortInstant(range.end)}: ${parts.join(', ')}${before}${online}.`;
}

export function wordOf(state: UnitState): string {
  return state === 'future' ? 'not settled' : UNIT_WORDS[state];
}

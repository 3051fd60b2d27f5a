// A view's time, or a part of it, unit by unit: what is looked at, and what its units sum up to in words. Pure.

import { epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import { within } from '../plan/explain-spans.ts';
import { type Coverage, segmentsOf, type UnitState } from '../plan/strip.ts';
import type { IntervalFacts } from '../state/queries/interval-facts.ts';
import type { ViewOverview } from '../state/queries/view-overview.ts';
import { count, counted, shortInstant, unitsOf } from './format.ts';
import type { NextTick } from './next-ticks.ts';

/** What of a view's time is looked at, and the part of it that is drawn. */
export type Drawn = {
  readonly status: ViewOverview;
  readonly coverage: Coverage;
  readonly range: Interval;
  readonly strip: Interval;
  readonly facts: IntervalFacts;
  /** When its jobs look at it next, soonest first. */
  readonly ticks: readonly NextTick[];
};

/** What is known of a view's time. */
export function coverageOf(status: ViewOverview, open: readonly { readonly span: Interval }[]): Coverage {
  const { view, frontier } = status;
  const planned = open.map(({ span }) => span);
  return { ...status, unitMs: view.unitMs, start: view.start, frontier: frontier ?? view.start, planned };
}

/** From the view's start to the newest end that is settled or covered; null where there is nothing yet. */
export function settledRange({ start, frontier, covered }: Coverage): Interval | null {
  const end = epochMsOf(Math.max(frontier, ...covered.slice(-1).map((span) => span.end)));
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

/** How many units of the range are in each state; those that are not settled are none. */
export function unitsByState({ coverage, range }: Pick<Drawn, 'coverage' | 'range'>): Map<UnitState, number> {
  const units = new Map<UnitState, number>();
  for (const { span, state } of segmentsOf(coverage, range)) {
    if (state === 'future') continue;
    units.set(state, (units.get(state) ?? 0) + (span.end - span.start) / coverage.unitMs);
  }
  return units;
}

/** How many of the units that are held are covered all the same, by rows of before their last run failed. */
export function heldAndCovered({ status, coverage, range }: Pick<Drawn, 'status' | 'coverage' | 'range'>): number {
  const held = segmentsOf(coverage, range).filter(({ state }) => state === 'held');
  const spans = held.flatMap(({ span }) => within(status.covered, span));
  return unitsOf(spans, coverage.unitMs);
}

/** `49 units from 2026-01-01 to 2026-02-19: 45 covered, 3 held, 1 missing; 2 covered and not online yet.` */
export function sumText(drawn: Drawn): string {
  const { range, coverage, status } = drawn;
  const states = unitsByState(drawn);
  const parts = Object.keys(UNIT_WORDS).flatMap((name) => {
    const state = name as UnitState; // the keys of UNIT_WORDS
    const units = states.get(state);
    return units === undefined ? [] : [`${count(units)} ${wordOf(state)}`];
  });
  const all = [...states.values()].reduce((sum, units) => sum + units, 0);
  const debt = unitsOf(within(status.unpublished, range), coverage.unitMs);
  const online = debt === 0 ? '' : `; ${count(debt)} stored and not yet in the online store`;
  const kept = heldAndCovered(drawn);
  const before = kept === 0 ? '' : `; ${count(kept)} held, but still covered by the rows from before`;
  return `${counted(all, 'unit')} from ${shortInstant(range.start)} to ${shortInstant(range.end)}: ${parts.join(', ')}${before}${online}.`;
}

export function wordOf(state: UnitState): string {
  return state === 'future' ? 'not settled' : UNIT_WORDS[state];
}

// Holes in a view's coverage that labels of a training set could know: pure.

import { epochMsOf } from '../core/instant.ts';
import { difference, floorToUnit, type Interval, interval, union } from '../core/interval.ts';
import { hasIntervals } from '../definition/view.ts';
import type { ViewCoverage } from '../state/datasets/view-facts.ts';
import { type KnownView, reachMs } from './known.ts';

/** The whole units of a view that labels of `span` could know; null where there are none, or the view has no units. */
export function knowableUnits(known: KnownView, span: Interval): Interval | null {
  const { view, delayMs } = known;
  if (!hasIntervals(view.kind)) return null;
  const reach = reachMs(known);
  // A snapshot's row at an edge of the grid belongs to the unit that ends there; it still counts at the limit of age_max, but not of ttl.
  const edge = view.kind === 'snapshot' && view.ttlMs === null ? 1 : 0;
  const first = reach === null ? view.start : floorToUnit(epochMsOf(span.start - reach - edge), view.unitMs);
  // A label is before the end of the span.
  const last = floorToUnit(epochMsOf(span.end - view.settleMs - delayMs - 1), view.unitMs);
  const start = Math.max(view.start, first);
  const end = Math.min(view.end ?? Number.POSITIVE_INFINITY, last);
  return start < end ? interval(epochMsOf(start), epochMsOf(end)) : null;
}

/** Why a part of a view's time cannot be trusted. */
export type Hole = { readonly span: Interval; readonly why: 'missing' | 'skipped' | 'stale' | 'held' };

/** The holes in `units`, by kind; a unit may have several. */
export function holesIn(units: Interval, coverage: ViewCoverage): Hole[] {
  const { covered, skipped, stale, held } = coverage;
  const of = (why: Hole['why'], spans: readonly Interval[]) => union(spans).map((span) => ({ span, why }));
  const absent = difference([units], [...covered, ...skipped, ...held]);
  return [
    ...of('missing', absent),
    ...of('skipped', difference(skipped, covered)),
    ...of('stale', stale),
    ...of('held', held),
  ].sort((a, b) => a.span.start - b.span.start);
}

/** The spans of holes, joined. */
export function holeSpans(holes: readonly Hole[]): Interval[] {
  return union(holes.map(({ span }) => span));
}

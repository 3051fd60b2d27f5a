// How a span that is due becomes runs: pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { floorToUnit, type Interval, interval, union } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';

/** A week of hours: enough to make a long catch-up quick, small enough that a failure costs little to repeat. */
const EVENT_UNITS_MAX = 168;

/**
 * The spans of the runs that cover `due`, oldest first and at most `max` of them, widened to whole units: one unit each
 * for snapshots and for views of files (which are looked up per unit), joined up to a limit for events. A span of ten
 * years costs no more than the runs that are made of it.
 */
export function cutIntoRuns(
  view: FeatureView,
  due: readonly Interval[],
  max: number = Number.POSITIVE_INFINITY,
): Interval[] {
  const runs: Interval[] = [];
  const stepMs = runUnitsMax(view) * view.unitMs;
  for (const { start, end } of union(due.map((span) => widen(span, view.unitMs)))) {
    for (let at: EpochMs = start; at < end && runs.length < max; at = epochMsOf(at + stepMs)) {
      runs.push(interval(at, epochMsOf(Math.min(at + stepMs, end))));
    }
    if (runs.length >= max) break;
  }
  return runs;
}

/** How many units a run of the view may have. */
export function runUnitsMax(view: FeatureView): number {
  return view.kind === 'events' && view.files === null ? EVENT_UNITS_MAX : 1;
}

/** The smallest span of whole units around a span. */
export function widen(span: Interval, unitMs: number): Interval {
  const end = floorToUnit(span.end, unitMs);
  return interval(floorToUnit(span.start, unitMs), end === span.end ? end : epochMsOf(end + unitMs));
}

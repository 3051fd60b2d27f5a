// How a span that is due becomes runs: pure.

import { epochMsOf } from '../core/instant.ts';
import { floorToUnit, type Interval, interval, split, union } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';

/** A week of hours: enough to make a long catch-up quick, small enough that a failure costs little to repeat. */
const EVENT_UNITS_MAX = 168;

/**
 * The spans of the runs that cover `due`, oldest first, widened to whole units: one unit each for snapshots and for
 * views of files (which are looked up per unit), joined up to a limit for events.
 */
export function cutIntoRuns(view: FeatureView, due: readonly Interval[]): Interval[] {
  const whole = union(due.map((span) => widen(span, view.unitMs)));
  return whole.flatMap((span) => split(span, view.unitMs, runUnitsMax(view)));
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

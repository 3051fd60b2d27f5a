// How a due span is split into runs. Pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { floorToUnit, type Interval, interval, union } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';

/** A week of hours: large enough for a quick catch-up, small enough that repeating a failed run costs little. */
const EVENT_UNITS_MAX = 168;

/**
 * The spans of the runs that cover `due`, widened to whole units, oldest first, at most `max`. Snapshots and views over
 * files (which are looked up per unit) have one unit per run; events join units up to a limit. The cost grows with the
 * number of runs returned, not with the length of the span.
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

/** The most units that a run of the view may have. */
export function runUnitsMax(view: FeatureView): number {
  return view.kind === 'events' && view.files === null ? EVENT_UNITS_MAX : 1;
}

/** The smallest span of whole units that contains a span. */
export function widen(span: Interval, unitMs: number): Interval {
  const end = floorToUnit(span.end, unitMs);
  return interval(floorToUnit(span.start, unitMs), end === span.end ? end : epochMsOf(end + unitMs));
}

// What would happen to the views of a project, and which views no job schedules. Pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { floorToUnit, type Interval, interval, missing } from '../core/interval.ts';
import type { Job } from '../definition/job.ts';
import { type FeatureView, hasIntervals } from '../definition/view.ts';
import { skippedBy } from './catch-up.ts';
import { type DuePlan, duePlanOf, NOTHING_DUE } from './due.ts';

/** What the first plan of a view that is not deployed yet would find due at `now`. Its past counts as missed time. */
export function firstDue(view: FeatureView, now: EpochMs): DuePlan {
  if (view.kind === 'pushed') return NOTHING_DUE;
  if (!hasIntervals(view.kind)) return { ...NOTHING_DUE, runs: [null] };
  const settled = floorToUnit(epochMsOf(now - view.settleMs), view.unitMs);
  const frontier = view.end !== null && view.end < settled ? view.end : settled;
  if (frontier <= view.start) return NOTHING_DUE;
  const past = interval(view.start, frontier);
  const skipped = skippedBy(view.catchUp, [past], view.unitMs);
  const due = missing(past, skipped);
  return duePlanOf(view, {
    due,
    dueMs: lengthMs(due),
    dueEnd: due.at(-1)?.end ?? null,
    skippedMs: lengthMs(skipped),
    lookback: [],
    frontier,
    openRuns: 0,
    hasBacklog: false,
    hasInbox: false,
  });
}

function lengthMs(spans: readonly Interval[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The names of the views that no active job schedules, in the order of `views`. */
export function unscheduled(views: readonly FeatureView[], jobs: readonly Job[]): string[] {
  const ticking = jobs.filter(({ paused }) => !paused);
  const selectors = new Set(ticking.flatMap((job) => job.views));
  const isScheduled = ({ name, tags }: FeatureView) =>
    selectors.has(name) || tags.some((tag) => selectors.has(`tag:${tag}`));
  return views.filter((view) => view.kind !== 'pushed' && !isScheduled(view)).map(({ name }) => name);
}

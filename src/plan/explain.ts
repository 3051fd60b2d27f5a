// What would happen to the views of a project, and which jobs look at them: pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { floorToUnit, type Interval, interval, missing } from '../core/interval.ts';
import type { Job } from '../definition/job.ts';
import type { FeatureView } from '../definition/view.ts';
import { skippedBy } from './catch-up.ts';
import { type DuePlan, duePlanOf, NOTHING_DUE } from './due.ts';

/** What the first plan of a view that is not applied yet would find due at `now`. Its past is what was missed. */
export function firstDue(view: FeatureView, now: EpochMs): DuePlan {
  if (view.kind === 'latest') return { ...NOTHING_DUE, runs: [null] };
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
  });
}

function lengthMs(spans: readonly Interval[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The names of the views that no job looks at, because none names them or those that do are paused; in their order. */
export function unscheduled(views: readonly FeatureView[], jobs: readonly Job[]): string[] {
  const ticking = jobs.filter(({ paused }) => !paused);
  const words = new Set(ticking.flatMap((job) => job.views));
  const isLookedAt = ({ name, tags }: FeatureView) => words.has(name) || tags.some((tag) => words.has(`tag:${tag}`));
  return views.filter((view) => !isLookedAt(view)).map(({ name }) => name);
}

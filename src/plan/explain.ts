// What would happen to the views of a project, and which jobs look at them: pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { floorToUnit, type Interval, interval, missing } from '../core/interval.ts';
import type { Job } from '../definition/job.ts';
import type { FeatureView } from '../definition/view.ts';
import { skippedBy } from './catch-up.ts';
import { cutIntoRuns } from './cut.ts';

/** What the first plan of a view that is not applied yet would find due at `now`. Its past is what was missed. */
export function firstDue(view: FeatureView, now: EpochMs): { runs: (Interval | null)[]; skipped: Interval[] } {
  if (view.kind === 'latest') return { runs: [null], skipped: [] };
  const settled = floorToUnit(epochMsOf(now - view.settleMs), view.unitMs);
  const frontier = view.end !== null && view.end < settled ? view.end : settled;
  if (frontier <= view.start) return { runs: [], skipped: [] };
  const past = interval(view.start, frontier);
  const skipped = skippedBy(view.catchUp, [past], view.unitMs);
  return { runs: cutIntoRuns(view, missing(past, skipped)), skipped };
}

/** The jobs that name a view or one of its tags. */
export function jobsOf(view: FeatureView, jobs: readonly Job[]): Job[] {
  return jobs.filter(({ views }) => views.includes(view.name) || view.tags.some((tag) => views.includes(`tag:${tag}`)));
}

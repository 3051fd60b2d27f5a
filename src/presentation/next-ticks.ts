// The next tick of each job of a view.

import type { EpochMs } from '../core/instant.ts';
import { ticksAfter } from '../definition/cron/cron.ts';
import type { Job } from '../definition/job.ts';
import type { FeatureView } from '../definition/view.ts';

/** `at` is null if the job is paused. */
export type NextTick = { readonly job: string; readonly at: EpochMs | null; readonly zone: string };

/**
 * The next tick of each job of a view, soonest first, paused jobs last. Parts are scheduled with their view. Computed once per job,
 * however many views it names.
 */
export function nextTicks(
  jobs: readonly Job[],
  now: EpochMs,
): (view: Pick<FeatureView, 'name' | 'tags' | 'partsOf'>) => readonly NextTick[] {
  const ticks = new Map<string, NextTick[]>();
  for (const { name, cron, timezone, views, paused } of jobs) {
    const at = paused ? null : (ticksAfter(cron, timezone, now, 1)[0] ?? null);
    for (const target of views) ticks.set(target, [...(ticks.get(target) ?? []), { job: name, at, zone: timezone }]);
  }
  return ({ name, tags, partsOf }) => {
    const found = [partsOf ?? name, ...tags.map((tag) => `tag:${tag}`)].flatMap((target) => ticks.get(target) ?? []);
    return [...new Map(found.map((tick) => [tick.job, tick])).values()].sort(bySoonest);
  };
}

function bySoonest(one: NextTick, other: NextTick): number {
  return (one.at ?? Number.POSITIVE_INFINITY) < (other.at ?? Number.POSITIVE_INFINITY) ? -1 : 1;
}

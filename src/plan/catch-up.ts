// What the time that was missed while nothing ran becomes: pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import { previousTick } from '../definition/cron.ts';
import type { Job } from '../definition/job.ts';

/** A tick that is handled so much later than its time is not yet a missed one. */
const LATE_MS = 5 * 60_000;

/**
 * Up to when what was settled should have been done by an earlier tick of the job: the tick before the newest one; for a
 * schedule so dense that a moment's delay would pass over several, the newest one of five minutes ago. Null where there
 * were no two ticks.
 */
export function missedBefore({ cron, timezone }: Pick<Job, 'cron' | 'timezone'>, now: EpochMs): EpochMs | null {
  const newest = previousTick(cron, timezone, now);
  const before = newest === null ? null : previousTick(cron, timezone, epochMsOf(newest - 1));
  const late = previousTick(cron, timezone, epochMsOf(now - LATE_MS));
  return before === null || late === null ? null : epochMsOf(Math.min(before, late));
}

/**
 * The parts of `missed` (gaps that an earlier tick should have filled, oldest first) that are skipped: none of them for
 * `all`, all but the newest unit for `latest`, all for `none`.
 */
export function skippedBy(policy: 'all' | 'latest' | 'none', missed: readonly Interval[], unitMs: number): Interval[] {
  if (policy === 'all') return [];
  const newest = missed.at(-1);
  if (policy === 'none' || newest === undefined) return [...missed];
  const kept = epochMsOf(newest.end - unitMs);
  return kept > newest.start ? [...missed.slice(0, -1), interval(newest.start, kept)] : missed.slice(0, -1);
}

// What the time that was missed while nothing ran becomes: pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import { previousTick } from '../definition/cron/cron.ts';
import type { Job } from '../definition/job.ts';

/** When a job ticks, and since when, where it ticked at other times before: what those had left to do is not missed. */
export type Ticking = Pick<Job, 'cron' | 'timezone'> & { readonly changedAt?: EpochMs };

/** A tick that is handled so much later than its time is not yet a missed one. */
const LATE_MS = 5 * 60_000;

/**
 * Up to when what was settled should have been done by an earlier tick of the job: the tick before the newest one; for a
 * schedule so dense that a moment's delay would pass over several, the newest one of five minutes ago. Null where there
 * were no two ticks since the job ticks as it does.
 */
export function missedBefore({ cron, timezone, changedAt }: Ticking, now: EpochMs): EpochMs | null {
  const newest = previousTick(cron, timezone, now);
  const before = newest === null ? null : previousTick(cron, timezone, epochMsOf(newest - 1));
  const late = previousTick(cron, timezone, epochMsOf(now - LATE_MS));
  if (before === null || late === null) return null;
  const missed = epochMsOf(Math.min(before, late));
  return changedAt !== undefined && missed < changedAt ? null : missed;
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

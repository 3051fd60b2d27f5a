// What happens to time that was missed while nothing was running. Pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import { previousTick } from '../definition/cron/cron.ts';
import type { Job } from '../definition/job.ts';

/** A view that a job got from another one, and when. */
export type GainedView = { readonly view: string; readonly at: EpochMs };

/** The schedule of a job, and when it last changed, for all or for some views: what the earlier one left undone is not missed. */
export type Ticking = Pick<Job, 'cron' | 'timezone'> & {
  readonly changedAt?: EpochMs;
  readonly gained?: readonly GainedView[];
};

/** A tick that is handled at most this late is not a missed one. */
const LATE_MS = 5 * 60_000;

/**
 * Settled time before this instant should have been run by an earlier tick of the job. It is the second newest tick, or,
 * for a schedule so dense that a short delay would skip several ticks, the newest one of five minutes ago. Null if the
 * current schedule has not had two ticks yet.
 */
export function missedBefore({ cron, timezone, changedAt }: Ticking, now: EpochMs): EpochMs | null {
  const newest = previousTick(cron, timezone, now);
  const before = newest === null ? null : previousTick(cron, timezone, epochMsOf(newest - 1));
  const late = previousTick(cron, timezone, epochMsOf(now - LATE_MS));
  if (before === null || late === null) return null;
  const missed = epochMsOf(Math.min(before, late));
  return changedAt !== undefined && missed < changedAt ? null : missed;
}

/** The views of which nothing is missed yet, since the job got them after `missed`, the result of `missedBefore`. */
export function gainedAfter({ gained = [] }: Pick<Ticking, 'gained'>, missed: EpochMs | null): ReadonlySet<string> {
  return new Set(gained.filter(({ at }) => missed !== null && missed < at).map(({ view }) => view));
}

/** The views that a tick may still plan in another way because the job got them, now or later. */
export function keptGained({ cron, timezone, gained = [] }: Ticking, now: EpochMs): readonly GainedView[] {
  if (gained.length === 0) return gained;
  // Without `changedAt`, which is forgotten if the job is paused.
  const missed = missedBefore({ cron, timezone }, now);
  return gained.filter(({ at }) => missed === null || missed < at);
}

/**
 * The parts of `missed` (gaps that an earlier tick should have filled, oldest first) that are skipped: nothing for `all`,
 * everything but the newest unit for `latest`, everything for `none`.
 */
export function skippedBy(policy: 'all' | 'latest' | 'none', missed: readonly Interval[], unitMs: number): Interval[] {
  if (policy === 'all') return [];
  const newest = missed.at(-1);
  if (policy === 'none' || newest === undefined) return [...missed];
  const kept = epochMsOf(newest.end - unitMs);
  return kept > newest.start ? [...missed.slice(0, -1), interval(newest.start, kept)] : missed.slice(0, -1);
}

// What the time that was missed while nothing ran becomes: pure.

import { epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';

/**
 * The parts of `missed` (gaps from before the last tick, oldest first) that are skipped: none of them for `all`, all
 * but the newest unit for `latest`, all for `none`.
 */
export function skippedBy(policy: 'all' | 'latest' | 'none', missed: readonly Interval[], unitMs: number): Interval[] {
  if (policy === 'all') return [];
  const newest = missed.at(-1);
  if (policy === 'none' || newest === undefined) return [...missed];
  const kept = epochMsOf(newest.end - unitMs);
  return kept > newest.start ? [...missed.slice(0, -1), interval(newest.start, kept)] : missed.slice(0, -1);
}

// A limit of requests per second for each caller: a bucket that fills steadily and holds the requests of one second.

import type { Clock } from '../../core/clock.ts';
import { Problem } from '../problem.ts';

type Bucket = { left: number; at: number };

/** Counts a request of a caller. Callers are tokens, so there are few. @throws Problem RATE_LIMITED */
export function openRateLimit(clock: Clock, perSecond: number): (caller: string) => void {
  const buckets = new Map<string, Bucket>();
  return (caller) => {
    const now = clock.monotonicMs();
    const bucket = buckets.get(caller) ?? { left: perSecond, at: now };
    buckets.set(caller, bucket);
    bucket.left = Math.min(perSecond, bucket.left + ((now - bucket.at) * perSecond) / 1_000);
    bucket.at = now;
    if (bucket.left < 1) {
      throw new Problem(
        'RATE_LIMITED',
        `More than ${perSecond} requests per second: send fewer, or raise api.limits.requests_per_second.`,
        {
          headers: { 'retry-after': '1' },
        },
      );
    }
    bucket.left -= 1;
  };
}

// The end of a pool, which its driver lets wait for a server that never answers the goodbye.

import type pg from 'pg';
import type { Clock } from '../core/clock.ts';
import type { Supervision } from './supervise.ts';

/** How long those that still use a connection have to give it back. */
const GRACE_MS = 3_000;
const DROPPED_MS = 1_000;

/** Ends the pool; connections that are not given back, or not closed, in time are dropped. */
export async function endPool(pool: pg.Pool, supervision: Supervision, clock: Clock): Promise<void> {
  const ended = pool.end();
  const within = async (milliseconds: number) => {
    const done = new AbortController();
    const late = clock.sleep(milliseconds, done.signal).then(() => false);
    const isEnded = await Promise.race([ended.then(() => true), late]);
    done.abort();
    return isEnded;
  };
  using _supervision = supervision;
  if (await within(GRACE_MS)) return;
  supervision.dropAll();
  await within(DROPPED_MS);
}

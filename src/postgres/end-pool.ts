// The end of a pool, which its driver lets wait for a server that never answers the goodbye.

import type pg from 'pg';
import { type Clock, systemClock } from '../core/clock.ts';
import { destroyWire } from './wire.ts';

/** How long those that still use a connection have to give it back, and the server to close it. */
const GRACE_MS = 3_000;
const DROPPED_MS = 1_000;

/** What ends the pool: connections that are not given back, or not closed, in time are dropped. */
export function poolEnd(pool: pg.Pool, clock: Clock = systemClock): () => Promise<void> {
  const open = new Map<pg.PoolClient, Promise<void>>();
  pool.on('connect', (client) => {
    const closed = new Promise<void>((resolve) => client.once('end', resolve));
    open.set(
      client,
      closed.then(() => void open.delete(client)),
    );
  });
  return async () => {
    // The pool ends when it has said goodbye on every connection; what is left open would keep the process.
    const ended = Promise.all([pool.end(), ...open.values()]);
    if (await isEndedWithin(clock, GRACE_MS, ended)) return;
    for (const client of open.keys()) destroyWire(client);
    await isEndedWithin(clock, DROPPED_MS, ended);
  };
}

async function isEndedWithin(clock: Clock, milliseconds: number, ended: Promise<unknown>): Promise<boolean> {
  const done = new AbortController();
  const late = clock.sleep(milliseconds, done.signal).then(() => false);
  try {
    return await Promise.race([ended.then(() => true), late]);
  } finally {
    done.abort();
  }
}

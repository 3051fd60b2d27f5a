// Ends a pool with a time limit: the driver would wait for a server that never responds to the goodbye.

import type pg from 'pg';
import { type Clock, systemClock } from '../core/clock.ts';
import { within } from '../core/within.ts';
import { destroyWire } from './wire.ts';

/** The time for callers to return their connections and for the server to close them. */
const GRACE_MS = 3_000;
const DROPPED_MS = 1_000;

/** Ends the pool: connections that are not returned or closed in time are dropped. */
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
    // The pool has ended after a goodbye on every connection; connections that stay open would keep the process alive.
    const ended = Promise.all([pool.end(), ...open.values()]).then(() => true);
    if (await within({ clock, limitMs: GRACE_MS }, ended, () => false)) return;
    for (const client of open.keys()) destroyWire(client);
    await within({ clock, limitMs: DROPPED_MS }, ended, () => false);
  };
}

// Keeps a view's publish lease during work.

import type { Database } from '../postgres/database.ts';
import {
  type PublishLease,
  publishLeaseLost,
  releasePublishLease,
  renewPublishLease,
  takePublishLease,
} from '../state/publishing/publishing.ts';
import type { OnlineStore } from './store.ts';
import { waitForTurn } from './turns.ts';

export type PublisherOptions = {
  readonly database: Database;
  /** The same database over separate connections, so that a renewal never waits. */
  readonly leases: Database;
  readonly online: OnlineStore;
  readonly viewId: number;
  /** Who publishes, for people who look at the record. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly signal: AbortSignal;
};

const WAIT_MS_MIN = 5;
const WAIT_MS_MAX = 50;
/** After so many publishes in a row, a process leaves the view free for as long as others wait between two looks. */
const TURNS_IN_A_ROW = 8;
const RENEWALS_PER_LEASE = 4;

/**
 * Does `work` under the view's publish lease, waiting for another publisher as long as its lease could last; null where
 * the view is still taken then. `work` is given a signal that is aborted when the lease is lost, by then at the latest
 * when it runs out on this process' own clock. Work that succeeds gives the lease back with what it records; after a
 * failure it is given back here. After waiting for others of this process, `insteadOfWork` is asked first: with a result, the lease
 * is not needed.
 */
export async function withPublishLease<T>(
  options: PublisherOptions,
  work: (lease: PublishLease, signal: AbortSignal) => Promise<T>,
  insteadOfWork: () => Promise<T | null> = async () => null,
): Promise<T | null> {
  const deadline = options.online.clock.monotonicMs() + options.leaseMs * 2;
  using turn = await waitForTurn({ ...options, clock: options.online.clock }, options.leaseMs * 2);
  if (turn !== null && turn.before > 0 && turn.before % TURNS_IN_A_ROW === 0) {
    await options.online.clock.sleep(WAIT_MS_MAX, options.signal);
  }
  options.signal.throwIfAborted();
  const instead = turn === null || turn.before === 0 ? null : await insteadOfWork();
  if (instead !== null) return instead;
  const lease = turn === null ? null : await waitForLease(options, deadline);
  if (lease === null) return null;
  const lost = new AbortController();
  const signal = AbortSignal.any([options.signal, lost.signal]);
  const renewals = keepRenewing(options, lease, lost);
  try {
    return await work(lease, signal);
  } catch (error) {
    // The wait ends with the lease in any case.
    await releasePublishLease(options.database, lease).catch(() => undefined);
    throw signal.aborted ? signal.reason : error;
  } finally {
    renewals[Symbol.dispose]();
  }
}

async function waitForLease(options: PublisherOptions, deadline: number): Promise<PublishLease | null> {
  const { database, online, viewId, owner, leaseMs, signal } = options;
  for (let waitMs = WAIT_MS_MIN; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
    signal.throwIfAborted();
    const lease = await takePublishLease(database, viewId, owner, leaseMs);
    if (lease !== null || online.clock.monotonicMs() > deadline) return lease;
    await online.clock.sleep(waitMs, signal);
  }
}

function keepRenewing(options: PublisherOptions, lease: PublishLease, lost: AbortController): Disposable {
  const { leases, online, leaseMs } = options;
  let heldUntil = online.clock.monotonicMs() + leaseMs;
  const renew = async () => {
    const asked = online.clock.monotonicMs();
    if (asked > heldUntil) return lost.abort(publishLeaseLost(lease));
    try {
      if (await renewPublishLease(leases, lease, leaseMs)) heldUntil = asked + leaseMs;
      else lost.abort(publishLeaseLost(lease));
    } catch {
      // Postgres is unavailable for now: the lease is ours until it runs out.
    }
  };
  return online.clock.every(leaseMs / RENEWALS_PER_LEASE, renew);
}

// Retention: deletes old records in small steps, so that no statement runs long or blocks others.

import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../postgres/database.ts';
import {
  deleteBackfills,
  deleteChunks,
  deleteEvents,
  deleteOperations,
  emptyDeployments,
  expireBackfills,
} from './delete-others.ts';
import { deleteRuns } from './delete-runs.ts';

export type RetentionOptions = {
  readonly database: Database;
  readonly clock: Clock;
  /** Records older than this are deleted; null keeps everything. */
  readonly retentionMs: number | null;
};

/** The number of deleted records. */
export type Deleted = {
  readonly runs: number;
  readonly events: number;
  readonly backfills: number;
  readonly deployments: number;
  /** Rows of the audit log. */
  readonly operations: number;
};

/** Per call and kind: a call takes some seconds at most, and the next one continues. */
const STEPS_PER_TURN = 20;
/** The pause after a full pass, since kept runs need no check every minute. */
const PAUSE_MS = 3_600_000;

const NOTHING: Deleted = { runs: 0, events: 0, backfills: 0, deployments: 0, operations: 0 };

/**
 * Returns a function that deletes some old records. Call it repeatedly, one call at a time; each call continues where
 * the last one stopped. Stopping in the middle loses nothing.
 */
export function openRetention(options: RetentionOptions): (signal: AbortSignal) => Promise<Deleted> {
  const { database, clock, retentionMs } = options;
  let cursor = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    if (retentionMs === null) return NOTHING;
    // First, because a backfill keeps its runs.
    await repeated(signal, () => expireBackfills(database, retentionMs));
    await repeated(signal, () => deleteChunks(database));
    const backfills = await repeated(signal, () => deleteBackfills(database));
    const deployments = await repeated(signal, () => emptyDeployments(database, retentionMs));
    const events = await repeated(signal, () => deleteEvents(database, retentionMs));
    const operations = await repeated(signal, () => deleteOperations(database, retentionMs));
    let runs = 0;
    for (let step = 0; step < STEPS_PER_TURN && clock.monotonicMs() >= pausedUntil; step += 1) {
      if (signal.aborted) break;
      const { deleted, continueAfter } = await deleteRuns(database, cursor, retentionMs);
      runs += deleted;
      cursor = continueAfter ?? 0;
      if (continueAfter === null) pausedUntil = clock.monotonicMs() + PAUSE_MS;
    }
    return { runs, events, backfills, deployments, operations };
  };
}

async function repeated(signal: AbortSignal, work: () => Promise<number>): Promise<number> {
  let sum = 0;
  for (let step = 0; step < STEPS_PER_TURN && !signal.aborted; step += 1) {
    const deleted = await work();
    sum += deleted;
    if (deleted === 0) break;
  }
  return sum;
}

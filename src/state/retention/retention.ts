// Retention: deletes old records in small steps, so that no statement runs long and nobody waits for it.

import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../postgres/database.ts';
import { deleteBackfills, deleteEvents, deleteOperations, emptyDeployments } from './delete-others.ts';
import { deleteRuns } from './delete-runs.ts';

export type RetentionOptions = {
  readonly database: Database;
  readonly clock: Clock;
  /** Records older than this are deleted; null keeps everything. */
  readonly retentionMs: number | null;
};

/** How much was deleted. */
export type Deleted = {
  readonly runs: number;
  readonly events: number;
  readonly backfills: number;
  readonly deployments: number;
  /** Rows of the audit. */
  readonly operations: number;
};

/** In one turn, of each kind: a turn takes some seconds at most, and the next one continues. */
const STEPS_PER_TURN = 20;
/** After all runs were looked at: those that are kept need not be looked at each minute. */
const REST_MS = 3_600_000;

const NOTHING: Deleted = { runs: 0, events: 0, backfills: 0, deployments: 0, operations: 0 };

/**
 * Gives a function that deletes some of what is old. Call it again and again, one call at a time; each call continues where
 * the last one stopped. Stopping in the middle loses nothing.
 */
export function openRetention(options: RetentionOptions): (signal: AbortSignal) => Promise<Deleted> {
  const { database, clock, retentionMs } = options;
  let cursor = 0;
  let restsUntil = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    if (retentionMs === null) return NOTHING;
    // First: a backfill keeps its runs.
    const backfills = await repeated(signal, () => deleteBackfills(database, retentionMs));
    const deployments = await repeated(signal, () => emptyDeployments(database, retentionMs));
    const events = await repeated(signal, () => deleteEvents(database, retentionMs));
    const operations = await repeated(signal, () => deleteOperations(database, retentionMs));
    let runs = 0;
    for (let step = 0; step < STEPS_PER_TURN && clock.monotonicMs() >= restsUntil; step += 1) {
      if (signal.aborted) break;
      const { deleted, last } = await deleteRuns(database, cursor, retentionMs);
      runs += deleted;
      cursor = last ?? 0;
      if (last === null) restsUntil = clock.monotonicMs() + REST_MS;
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

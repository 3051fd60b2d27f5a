// Limits how many rows a process writes to the online store per second, so that a large load does not slow its readers down.

import type { Clock } from '../../core/clock.ts';

export type WritePace = {
  /** How many rows one write may have: Redis answers no reader while it performs one. */
  readonly batchRows: number;
  /** Resolves when the next rows may be written, or when the signal is aborted. */
  turn(rows: number, signal: AbortSignal): Promise<void>;
  /** See beginSnapshot: buffers hold tens of thousands of rows, and all publishes of the process share the pace. */
  readonly idleLimit: string;
};

/** Redis writes as many in about half a millisecond. */
const BATCH_ROWS_MAX = 100;
/** At least as many writes are spread over a second. */
const WRITES_PER_SECOND_MIN = 20;

/** The pace of all publishes of a process together. */
export function createWritePace(rowsPerSecond: number, clock: Clock): WritePace {
  let freeAt = clock.monotonicMs();
  return {
    batchRows: Math.max(1, Math.min(BATCH_ROWS_MAX, Math.floor(rowsPerSecond / WRITES_PER_SECOND_MIN))),
    idleLimit: '15min',
    turn: async (rows, signal) => {
      const now = clock.monotonicMs();
      const at = Math.max(now, freeAt);
      freeAt = at + (rows * 1_000) / rowsPerSecond;
      if (at > now) await clock.sleep(at - now, signal);
    },
  };
}

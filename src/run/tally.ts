// The results of a row check, batch by batch: every row is counted.

import type { CheckedBatch } from '../rows/check.ts';
import { NO_COUNTS, type RunCounts } from '../state/runs/run.ts';

export type Tally = {
  add(batch: CheckedBatch): void;
  /** Rows so far. */
  read(): number;
  counts(): RunCounts;
};

export function createTally(): Tally {
  let read = 0;
  let accepted = 0;
  const refusedBy = new Map<string, number>();
  return {
    add: (batch) => {
      read += batch.read;
      accepted += batch.accepted;
      for (const { reason } of batch.refused) refusedBy.set(reason, (refusedBy.get(reason) ?? 0) + 1);
    },
    read: () => read,
    counts: () => ({
      ...NO_COUNTS,
      read,
      accepted,
      refused: read - accepted,
      refusedBy: Object.fromEntries(refusedBy),
    }),
  };
}

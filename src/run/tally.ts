// What a row check found, batch by batch: every row is counted, and a bounded number of refused ones kept.

import type { CheckedBatch } from '../rows/check.ts';
import type { RefusedRow } from '../rows/refusal.ts';
import { NO_COUNTS, type RunCounts } from '../state/run.ts';

export type Tally = {
  add(batch: CheckedBatch): void;
  counts(): RunCounts;
  /** At most `keptPerReason` of each reason, in the order they came. */
  kept(): readonly RefusedRow[];
};

export function createTally(keptPerReason: number): Tally {
  let read = 0;
  let accepted = 0;
  const refusedBy = new Map<string, number>();
  const kept: RefusedRow[] = [];
  return {
    add: (batch) => {
      read += batch.read;
      accepted += batch.accepted;
      for (const row of batch.refused) {
        const before = refusedBy.get(row.reason) ?? 0;
        refusedBy.set(row.reason, before + 1);
        if (before < keptPerReason) kept.push(row);
      }
    },
    counts: () => ({
      ...NO_COUNTS,
      read,
      accepted,
      refused: read - accepted,
      refusedBy: Object.fromEntries(refusedBy),
    }),
    kept: () => kept,
  };
}

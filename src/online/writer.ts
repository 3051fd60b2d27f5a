// Streaming rows through the guard: Postgres reads the next batches while Redis writes the last ones.

import type { RowBatch } from '../rows/batch.ts';
import { addCounts, type Guard, type GuardCounts, type GuardMode, NO_ROWS } from './guard.ts';

/** One that Redis works on, one on its way; more would only hold memory. */
const BATCHES_IN_FLIGHT = 2;

/** Writes all batches; resolves when the last is acknowledged, and rejects only when none is in flight any more. */
export async function writeRows(
  guard: Guard,
  batches: AsyncIterable<RowBatch>,
  mode: GuardMode,
  signal: AbortSignal,
): Promise<GuardCounts> {
  let counts = NO_ROWS;
  const inFlight: Promise<GuardCounts>[] = [];
  try {
    for await (const batch of batches) {
      const sent = guard.write(batch, mode, signal);
      // Awaited below; until then a rejection must not count as one that nobody handles.
      sent.catch(() => undefined);
      inFlight.push(sent);
      if (inFlight.length === BATCHES_IN_FLIGHT) counts = addCounts(counts, await (inFlight.shift() ?? NO_ROWS));
    }
    for (const sent of inFlight) counts = addCounts(counts, await sent);
    return counts;
  } catch (error) {
    await Promise.allSettled(inFlight);
    throw error;
  }
}

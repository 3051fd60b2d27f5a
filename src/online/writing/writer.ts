// Streaming rows through the guard: Postgres reads the next batches while Redis writes the last ones.

import type { CopyLines } from '../../postgres/copy-lines.ts';
import { addWritten, type Guard, type GuardMode, NOTHING_WRITTEN, type Written } from './guard.ts';

/** One that Redis works on, one on its way; more would only hold memory. */
const BATCHES_IN_FLIGHT = 2;

/** Writes all batches; resolves when the last is acknowledged, and rejects only when none is in flight any more. */
export async function writeRows(
  guard: Guard,
  batches: AsyncIterable<CopyLines>,
  mode: GuardMode,
  signal: AbortSignal,
): Promise<Written> {
  let written = NOTHING_WRITTEN;
  const inFlight: Promise<Written>[] = [];
  try {
    for await (const batch of batches) {
      const sent = guard.write(batch, mode, signal);
      // Awaited below; until then a rejection must not count as unhandled.
      sent.catch(() => undefined);
      inFlight.push(sent);
      if (inFlight.length < BATCHES_IN_FLIGHT) continue;
      written = addWritten(written, await (inFlight.shift() ?? NOTHING_WRITTEN));
    }
    for (const sent of inFlight) written = addWritten(written, await sent);
    return written;
  } catch (error) {
    await Promise.allSettled(inFlight);
    throw error;
  }
}

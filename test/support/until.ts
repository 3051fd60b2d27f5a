// Waits for events elsewhere: in another process, or after a few turns of the event loop.

import { setTimeout as wait } from 'node:timers/promises';

/**
 * The limit for anything on a busy machine: far more than on an idle one, so that only events that never happen fail a
 * test. The timeout of a test is longer (vitest.config.ts).
 */
export const PATIENCE_MS = 120_000;

/** Resolves as soon as `condition` holds. @throws Error after `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`still not so after ${withinMs} ms: ${condition}`);
    await wait(5);
  }
}

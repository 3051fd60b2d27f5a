// Waiting for what happens elsewhere: in another process, or after a few turns of the event loop.

import { setTimeout as wait } from 'node:timers/promises';

/**
 * How long anything may take on a machine that is busy with other work: far more than it takes on an idle one, so that
 * only what never happens fails a test. The timeout of a test is longer (vitest.config.ts).
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

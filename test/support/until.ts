// Waiting for what happens elsewhere: in another process, or after a few turns of the event loop.

import { setTimeout as wait } from 'node:timers/promises';

/** Resolves as soon as `condition` holds. @throws Error after `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`still not so after ${withinMs} ms: ${condition}`);
    await wait(5);
  }
}

// Waiting with a limit.

import type { Clock } from '../core/clock.ts';

/** Whether `work` resolves or rejects within the time; a later result is ignored. */
export async function settlesWithin(clock: Clock, milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const settled = new AbortController();
  const late = clock.sleep(milliseconds, settled.signal).then(() => false);
  const done = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    settled.abort();
  }
}

// Repeated work of a process, one iteration at a time.

import type { Clock } from '../core/clock.ts';

/** Runs `work` now and `everyMs` after each end, until the signal is aborted. `work` must not reject. */
export async function repeat(
  clock: Clock,
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await clock.sleep(everyMs, signal);
  }
}

/** The same in the background, until disposed; disposing waits for the current iteration. */
export function repeatedly(
  clock: Clock,
  everyMs: number,
  work: (signal: AbortSignal) => Promise<void>,
): AsyncDisposable {
  const stop = new AbortController();
  const working = repeat(clock, everyMs, stop.signal, () => work(stop.signal));
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await working;
    },
  };
}

// Starting while a server is unreachable: a long-running process waits for it.

import type { Clock } from '../../core/clock.ts';
import { Failure, type FailureCode } from '../../core/failure.ts';
import type { Log } from '../../core/log.ts';

export type Waiting = { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal };

/** Failures that can pass without a change; any other, such as a wrong password, ends the start immediately. */
const AWAY: readonly FailureCode[] = ['OFFLINE_UNAVAILABLE', 'QUEUE_UNAVAILABLE'];
const DELAY_MS_MIN = 1_000;
const DELAY_MS_MAX = 15_000;

/**
 * Retries `work` as long as Postgres or the queue's Redis does not respond, with a warning each time. `work` receives
 * the time waited so far. Returns null if the signal is aborted first.
 */
export async function whenReachable<T>(
  { clock, log, signal }: Waiting,
  work: (waitedMs: number) => Promise<T>,
): Promise<T | null> {
  const started = clock.monotonicMs();
  for (let delayMs = DELAY_MS_MIN; !signal.aborted; delayMs = Math.min(2 * delayMs, DELAY_MS_MAX)) {
    try {
      return await work(clock.monotonicMs() - started);
    } catch (thrown) {
      if (!(thrown instanceof Failure && AWAY.includes(thrown.code))) throw thrown;
      const { code, message } = thrown;
      log.warn('process.waiting', { code, message, retryMs: delayMs });
      await clock.sleep(delayMs, signal);
    }
  }
  return null;
}

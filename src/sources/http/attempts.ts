// Retries of one page. The waits that a server asks for are respected, up to a limit.

import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import { safe, text } from '../../core/message.ts';
import { HttpProblem, problemOf } from './problem.ts';

/** Attempts for each kind of problem; one for the others. */
const TRIES_OF: Partial<Record<HttpProblem['kind'], number>> = {
  busy: 6,
  // A page that is broken several times is not cut off by accident.
  broken: 3,
  // Each attempt reads the secrets again.
  login: 2,
};
const DELAY_MS = 100;
const DELAY_MAX_MS = 5_000;
/** A run that waits longer blocks its worker; it is better retried later. */
export const RETRY_AFTER_MAX_MS = 300_000;

/** The result of the first successful attempt. @throws HttpProblem of the last attempt; Failure; the signal's reason. */
export async function withAttempts<T>(clock: Clock, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    const result = await attempt().then(
      (value) => ({ value }),
      (error: unknown) => ({ problem: orThrow(error, signal) }),
    );
    if ('value' in result) return result.value;
    const { problem } = result;
    if (tries >= (TRIES_OF[problem.kind] ?? 1)) throw problem;
    await clock.sleep(delayMs(problem, tries), signal);
  }
}

function delayMs({ parts, retryAfterMs }: HttpProblem, tries: number): number {
  if (retryAfterMs === null) return Math.min(DELAY_MAX_MS, DELAY_MS * 2 ** tries);
  if (retryAfterMs <= RETRY_AFTER_MAX_MS) return retryAfterMs;
  throw new HttpProblem('busy', text`${parts} ${safe(tooLongWait(retryAfterMs))}`);
}

/** The end of a sentence about a server that asks to wait too long. */
export function tooLongWait(retryAfterMs: number): string {
  return `and asks to wait ${formatDuration(retryAfterMs)}, more than ${formatDuration(RETRY_AFTER_MAX_MS)}`;
}

/** Failures are about this machine, such as a full spool. */
function orThrow(error: unknown, signal: AbortSignal): HttpProblem {
  if (signal.aborted) throw signal.reason;
  if (error instanceof Error && error.name === 'Failure') throw error;
  return problemOf(error);
}

/** The wait that a `Retry-After` header asks for: seconds, or a date. Null if there is none. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return 1000 * Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

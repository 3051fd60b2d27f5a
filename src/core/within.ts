// Waiting with a limit.

import type { Clock } from './clock.ts';

export type Limit = {
  readonly clock: Clock;
  readonly limitMs: number;
  /** The wait also ends when it is aborted. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * The result of `work`, or that of `late` when the wait ends earlier. `work` continues then, and its result is ignored.
 * @throws as `work` or `late`
 */
export async function within<Result, Late>(
  { clock, limitMs, signal }: Limit,
  work: Promise<Result>,
  late: () => Late,
): Promise<Result | Late> {
  const over = new AbortController();
  const end = () => over.abort();
  // Not AbortSignal.any: a signal that lives as long as the process would collect what depends on it.
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  try {
    const won = await Promise.race([work.then((result) => ({ result })), clock.sleep(limitMs, over.signal)]);
    return won === undefined ? late() : won.result;
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

/** Whether `work` resolves or rejects before the wait ends; a later result is ignored. */
export async function settlesWithin(limit: Limit, work: Promise<unknown>): Promise<boolean> {
  const settled = work.then(
    () => true,
    () => true,
  );
  return await within(limit, settled, () => false);
}

/**
 * The result of `work`. Once the signal is aborted, rejects with its reason: `work` may continue, and its result is ignored.
 *
 * @throws as `work`, or the reason of the signal
 */
export async function orAborted<Result>(work: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

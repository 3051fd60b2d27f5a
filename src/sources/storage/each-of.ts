// Bounded parallel work that stops at the first error.

/** Calls `work` for each, at most `parallelMax` at a time. The first error stops the others and is thrown. */
export async function eachOf<T>(
  things: readonly T[],
  parallelMax: number,
  signal: AbortSignal,
  work: (thing: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const next = things[Symbol.iterator]();
  const lane = async () => {
    for (const thing of next) {
      stop.throwIfAborted();
      await work(thing, stop);
    }
  };
  const lanes = Array.from({ length: Math.min(parallelMax, things.length) }, () =>
    lane().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(lanes);
  stop.throwIfAborted();
}

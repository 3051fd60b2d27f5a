// Bounded parallel work over a list.

/** Calls `work` for each item in order, at most `parallelMax` at a time. After an error it starts no more, waits for those in progress, and rejects. */
export async function inParallel<T>(
  list: readonly T[],
  parallelMax: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = list.values();
  const errors: unknown[] = [];
  const worker = async () => {
    for (const item of left) {
      if (errors.length > 0) return;
      await work(item).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: parallelMax }, worker));
  if (errors.length > 0) throw errors[0];
}

/** The list in chunks of at most `size`. */
export function inPieces<T>(list: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let from = 0; from < list.length; from += size) pieces.push(list.slice(from, from + size));
  return pieces;
}

// Statistics of the sampled values of one feature.

export type ValueCount = readonly [value: string, rows: number];

const TOP_VALUES = 10;
/** Longer strings are cut in the sample. */
export const TEXT_CHARACTERS_MAX = 64;

/** The values at these shares of the sorted numbers. Each is one of the numbers. */
export function quantilesOf(sorted: readonly number[], shares: readonly number[]): number[] {
  return shares.map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

/** Each value with its number of occurrences, most frequent first, then in text order. */
export function valueCounts(values: readonly string[]): ValueCount[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, of], [b, other]) => other - of || (a < b ? -1 : 1));
}

export function topValues(counts: readonly ValueCount[]): ValueCount[] {
  return counts.slice(0, TOP_VALUES);
}

/**
 * The number of different values in a run, estimated from a sample of it as Postgres's `analyze` does (the estimator Duj1
 * of Haas and Stokes). Exact if the sample is the whole run.
 */
export function distinctOf(sampled: readonly string[], valuesInRun: number): number {
  const counts = new Map<string, number>();
  for (const value of sampled) counts.set(value, (counts.get(value) ?? 0) + 1);
  const found = counts.size;
  const size = sampled.length;
  if (size >= valuesInRun || size === 0) return found;
  let once = 0;
  for (const occurrences of counts.values()) if (occurrences === 1) once += 1;
  const estimate = (size * found) / (size - once + (once * size) / valuesInRun);
  return Math.round(Math.min(valuesInRun, Math.max(found, estimate)));
}

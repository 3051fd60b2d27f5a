// Estimates how long runs take, from past runs: a fixed cost per run plus a cost per row. Pure.

/** The rows that a finished run stored, and how long it took. */
export type PastRun = { readonly rows: number; readonly ms: number };

/**
 * Milliseconds that `runs` runs with `rows` rows in total take, one at a time. `past` holds at least one run. The cost of a
 * row is the slope of the least-squares line through `past`; the cost of a run is the median of the remainder. If all past
 * runs had the same size, the two cannot be separated, and a run costs at least as much as one of those.
 */
export function expectedMs(past: readonly PastRun[], { runs, rows }: { runs: number; rows: number }): number {
  const rowsMean = mean(past.map((run) => run.rows));
  const spread = sum(past.map((run) => (run.rows - rowsMean) ** 2));
  if (spread === 0) return median(past.map(({ ms }) => ms)) * Math.max(runs, rowsMean === 0 ? 0 : rows / rowsMean);
  const msMean = mean(past.map(({ ms }) => ms));
  const slope = Math.max(0, sum(past.map((run) => (run.rows - rowsMean) * (run.ms - msMean))) / spread);
  const fixedMs = median(past.map((run) => run.ms - slope * run.rows));
  // A fixed cost below zero means that only rows cost time.
  if (fixedMs < 0) return (rows * sum(past.map(({ ms }) => ms))) / sum(past.map((run) => run.rows));
  return runs * fixedMs + rows * slope;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [below, above] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return ((below ?? 0) + (above ?? 0)) / 2;
}

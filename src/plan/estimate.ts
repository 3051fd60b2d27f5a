// How long runs may take, judged by runs of the past: each has its fixed cost, and each row has a little of its own. Pure.

/** What a finished run stored, and how long it took. */
export type PastRun = { readonly rows: number; readonly ms: number };

/**
 * Milliseconds that so many runs with so many rows in all take one after the other; `past` holds at least one run. What a
 * row costs is the slope of the line of least squares through `past`, what a run costs the median of what that leaves.
 * Where all of them were of one size nothing tells the two apart, and a run costs at least what one of those did.
 */
export function expectedMs(past: readonly PastRun[], { runs, rows }: { runs: number; rows: number }): number {
  const rowsMean = mean(past.map((run) => run.rows));
  const spread = sum(past.map((run) => (run.rows - rowsMean) ** 2));
  if (spread === 0) return median(past.map(({ ms }) => ms)) * Math.max(runs, rowsMean === 0 ? 0 : rows / rowsMean);
  const msMean = mean(past.map(({ ms }) => ms));
  const slope = Math.max(0, sum(past.map((run) => (run.rows - rowsMean) * (run.ms - msMean))) / spread);
  const fixedMs = median(past.map((run) => run.ms - slope * run.rows));
  // A line that begins below nothing is one through nothing: rows are all that costs.
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

// The population stability index (PSI): how far the distribution of some values is from that of others.
//
// With the shares a and e of each bin: the sum of (a − e) · ln(a / e). Half a row is added to each bin on both sides, so
// that an empty bin is not infinitely unlikely. Below 0.1 distributions are usually called alike, above 0.2 different.

/** Both have a count for each bin, in the same order. */
export function psi(actual: readonly number[], expected: readonly number[]): number {
  const [a, e] = [shares(actual), shares(expected)];
  return a.reduce((sum, share, bin) => {
    const other = e[bin] ?? share;
    return sum + (share - other) * Math.log(share / other);
  }, 0);
}

const ADDED = 0.5;

function shares(counts: readonly number[]): number[] {
  const total = sumOf(counts) + ADDED * counts.length;
  return counts.map((count) => (count + ADDED) / total);
}

/**
 * Whether two samples differ more than chance explains: by a chi-squared test of homogeneity that is wrong once in a
 * million times. Small samples of one distribution can have a large PSI.
 */
export function isSignificant(actual: readonly number[], expected: readonly number[]): boolean {
  const [n, m] = [sumOf(actual), sumOf(expected)];
  if (n === 0 || m === 0) return false;
  let statistic = 0;
  let bins = 0;
  for (const [bin, count] of actual.entries()) {
    const other = expected[bin] ?? 0;
    if (count + other === 0) continue;
    bins += 1;
    statistic += (count * Math.sqrt(m / n) - other * Math.sqrt(n / m)) ** 2 / (count + other);
  }
  return bins > 1 && statistic > chiSquaredBound(bins - 1);
}

/** The deviation that a normal variable exceeds once in a million times. */
const ONE_IN_A_MILLION = 4.753;

/** The approximation of Wilson and Hilferty. */
function chiSquaredBound(degrees: number): number {
  const part = 2 / (9 * degrees);
  return degrees * (1 - part + ONE_IN_A_MILLION * Math.sqrt(part)) ** 3;
}

export function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

// The bins of a feature's histograms. They are chosen from the first run with enough rows and stay fixed, so that the
// histograms of all later runs are comparable.

import { type ValueCount, valueCounts } from './sample.ts';

/** Of numbers: ascending edges; the bins are (−∞, e0), [e0, e1), … [en, ∞). Of texts: the values; the last bin is all others. */
export type Bins = { readonly edges: readonly number[] } | { readonly values: readonly string[] };

export type StoredBins = Bins & { readonly id: number };

/** Fewer values say little about a distribution. */
export const BINS_ROWS_MIN = 50;
const BINS_MAX = 10;
const TEXT_BINS_MAX = 20;

/**
 * Bins with about equal numbers of these values, and one bin each below and above them; null if there are too few values.
 * `inner` leaves out the outer edges, which are the least and the greatest value.
 */
export function numberBins(sorted: readonly number[], keep: 'all' | 'inner'): Bins | null {
  if (sorted.length < BINS_ROWS_MIN) return null;
  const [least = 0, greatest = 0] = [sorted[0], sorted.at(-1)];
  const step = roundingStep(greatest - least);
  const inner = Array.from({ length: BINS_MAX - 1 }, (_, index) => {
    return sorted[Math.floor(((index + 1) * sorted.length) / BINS_MAX)] ?? greatest;
  });
  const rounded = inner.map((edge) => roundTo(edge, step));
  const edges = keep === 'inner' ? rounded : [floorTo(least, step), ...rounded, above(greatest, step)];
  return { edges: [...new Set(edges)].filter(Number.isFinite).sort((a, b) => a - b) };
}

/** A bin for each of the most frequent strings, and one for all others; null if there are too few. */
export function textBins(texts: readonly string[]): Bins | null {
  if (texts.length < BINS_ROWS_MIN) return null;
  const counts: ValueCount[] = valueCounts(texts);
  return { values: counts.slice(0, TEXT_BINS_MAX).map(([value]) => value) };
}

/** How many of the numbers lie in each bin. */
export function countNumbers(edges: readonly number[], numbers: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of numbers) {
    const bin = binOf(edges, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** How many of the strings are each of the values, and how many are none of them. */
export function countTexts(values: readonly string[], texts: readonly string[]): number[] {
  const places = new Map(values.map((value, index) => [value, index]));
  const counts = new Array<number>(values.length + 1).fill(0);
  for (const text of texts) {
    const bin = places.get(text) ?? values.length;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** The number of edges at or below the value. */
function binOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A thousandth of the range of the values, as a power of ten; 0 keeps values as they are. */
function roundingStep(range: number): number {
  if (!(range > 0) || !Number.isFinite(range)) return 0;
  const step = 10 ** Math.floor(Math.log10(range / 1_000));
  return step >= 1e-100 ? step : 0;
}

function roundTo(value: number, step: number): number {
  return step === 0 ? value : short(Math.round(value / step) * step);
}

function floorTo(value: number, step: number): number {
  if (step === 0) return value;
  return Math.min(value, short(Math.floor(value / step) * step));
}

/** A number above the value, so that the value is below the last edge. */
function above(value: number, step: number): number {
  const next =
    step === 0 ? value + Math.max(Math.abs(value) * 1e-9, 1e-9) : short((Math.floor(value / step) + 1) * step);
  return next > value ? next : value + Math.max(Math.abs(value) * 1e-9, 1e-9);
}

/** Without the digits that binary fractions add: 0.30000000000000004. */
function short(value: number): number {
  return Number(value.toPrecision(15));
}

import { describe, expect, test } from 'vitest';
import { type Bins, countNumbers, countTexts, numberBins, textBins } from '../../src/quality/bins.ts';

const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1);

function edgesOf(bins: Bins | null): readonly number[] {
  if (bins === null || !('edges' in bins)) throw new Error('no edges');
  return bins.edges;
}

describe('numberBins', () => {
  test('hold about equal numbers of values, and none below and above them', () => {
    const values = upTo(1_000);
    const edges = edgesOf(numberBins(values, 'all'));
    expect(edges).toEqual([1, 101, 201, 301, 401, 501, 601, 701, 801, 901, 1000.1]);
    expect(countNumbers(edges, values)).toEqual([0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0]);
  });

  test('leave out the least and the greatest value of a redacted view', () => {
    expect(edgesOf(numberBins(upTo(1_000), 'inner'))).toEqual([101, 201, 301, 401, 501, 601, 701, 801, 901]);
  });

  test('separate the values of a few whole numbers', () => {
    const values = [...new Array(60).fill(1), ...new Array(30).fill(2), ...new Array(10).fill(3)];
    const edges = edgesOf(numberBins(values, 'all'));
    expect(edges).toEqual([1, 2, 3, 3.001]);
    expect(countNumbers(edges, values)).toEqual([0, 60, 30, 10, 0]);
  });

  test('notice that a constant changes', () => {
    const edges = edgesOf(numberBins(new Array(50).fill(5), 'all'));
    expect(countNumbers(edges, [4, 5, 5, 6])).toEqual([1, 2, 1]);
  });

  test('keep their resolution where values are large and differ little', () => {
    const values = upTo(100).map((value) => 1_000_000 + value / 1_000);
    expect(countNumbers(edgesOf(numberBins(values, 'all')), values)).toEqual([0, ...new Array(10).fill(10), 0]);
  });

  test.each([[[-1e308, 1e308]], [[0, 5e-324]], [[-0, 0]]])('keep all values of %j', (values) => {
    const sorted = new Array(25)
      .fill(values)
      .flat()
      .sort((a, b) => a - b);
    const counts = countNumbers(edgesOf(numberBins(sorted, 'all')), sorted);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(counts[0]).toBe(0);
  });

  test('are not chosen from a few values', () => {
    expect(numberBins(upTo(49), 'all')).toBeNull();
  });
});

describe('textBins', () => {
  test('are the most frequent values, and all others', () => {
    const texts = [...new Array(30).fill('GB'), ...new Array(20).fill('FR')];
    expect(textBins(texts)).toEqual({ values: ['GB', 'FR'] });
    expect(countTexts(['GB', 'FR'], ['FR', 'FR', 'DE', 'GB'])).toEqual([1, 2, 1]);
    expect(textBins(texts.slice(1))).toBeNull();
  });
});

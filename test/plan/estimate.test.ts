import { describe, expect, test } from 'vitest';
import { expectedMs } from '../../src/plan/estimate.ts';

const past = (...runs: readonly (readonly [rows: number, ms: number])[]) => runs.map(([rows, ms]) => ({ rows, ms }));

describe('expectedMs', () => {
  test('separates the cost of a run from the cost of a row', () => {
    const line = past([10, 120], [100, 300], [1_000, 2_100]);
    expect(expectedMs(line, { runs: 5, rows: 200 })).toBeCloseTo(900);
  });

  test('is not misled by one slow run', () => {
    const line = past([10, 110], [10, 110], [20, 120], [20, 120], [15, 9_115]);
    expect(expectedMs(line, { runs: 1, rows: 0 })).toBeCloseTo(100);
  });

  test.each([
    ['as many rows', 10, 10, 2_000],
    ['fewer rows', 10, 1, 2_000],
    ['more rows', 10, 40, 8_000],
    ['no rows', 0, 10, 2_000],
  ])('takes no run for cheaper than those of one size that there were: %s', (_, before, each, expected) => {
    expect(expectedMs(past([before, 900], [before, 1_000], [before, 5_000]), { runs: 2, rows: 2 * each })).toBe(
      expected,
    );
  });

  test('never estimates a negative time', () => {
    expect(expectedMs(past([10, 10], [100, 1_000]), { runs: 3, rows: 11 })).toBeCloseTo(101);
    expect(expectedMs(past([10, 900], [100, 100]), { runs: 2, rows: 1_000_000 })).toBe(1_000);
  });
});

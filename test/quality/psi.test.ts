// The index against an independent computation in Python, from the raw values.

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { countNumbers, numberBins } from '../../src/quality/bins.ts';
import { isSignificant, psi } from '../../src/quality/psi.ts';
import { slowTest } from '../support/sample.ts';
import { normals, seeded } from './random.ts';

const PYTHON = `
import bisect, json, math, sys
asked = json.load(sys.stdin)
def counted(values):
    counts = [0] * (len(asked["edges"]) + 1)
    for value in values:
        counts[bisect.bisect_right(asked["edges"], value)] += 1
    return counts
def shares(counts):
    total = sum(counts) + 0.5 * len(counts)
    return [(count + 0.5) / total for count in counts]
found = []
for values in asked["actual"]:
    a, e = shares(counted(values)), shares(counted(asked["expected"]))
    found.append(math.fsum((p - q) * math.log(p / q) for p, q in zip(a, e)))
print(json.dumps(found))
`;

function python(asked: object): number[] {
  const answer: unknown = JSON.parse(
    execFileSync('python3', ['-c', PYTHON], { input: JSON.stringify(asked) }).toString(),
  );
  return answer as number[]; // as the program prints it
}

describe('psi', () => {
  slowTest('equals an independent computation', () => {
    const random = seeded(7);
    const expected = normals(random, 5_000).sort((a, b) => a - b);
    const bins = numberBins(expected, 'all');
    if (bins === null || !('edges' in bins)) throw new Error('no edges');
    const { edges } = bins;
    const actual = Array.from({ length: 50 }, (_, index) =>
      normals(random, 20 + index * 40).map((value) => value + index / 20),
    );
    const ours = actual.map((values) => psi(countNumbers(edges, values), countNumbers(edges, expected)));
    for (const [index, theirs] of python({ edges, actual, expected }).entries()) {
      expect(ours[index]).toBeCloseTo(theirs, 12);
    }
    expect(Math.max(...ours)).toBeGreaterThan(3);
  });

  test('is 0 for equal shares, and the same in both directions', () => {
    expect(psi([10, 20], [10, 20])).toBe(0);
    expect(psi([10, 20], [20, 10])).toBeCloseTo(psi([20, 10], [10, 20]), 15);
  });
});

describe('isSignificant', () => {
  test('ignores what chance explains', () => {
    expect(isSignificant([5, 5, 0], [500, 400, 100])).toBe(false);
    expect(isSignificant([0, 0, 0], [500, 400, 100])).toBe(false);
    expect(isSignificant([10, 10, 180], [500, 400, 100])).toBe(true);
  });
});

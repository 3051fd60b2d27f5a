import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { difference, floorToUnit, type Interval, interval, missing, split, union } from '../../src/core/interval.ts';

const span = (start: number, end: number): Interval => interval(epochMsOf(start), epochMsOf(end));
const spans = fc.array(
  fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 20 })).map(([at, size]) => span(at, at + size)),
  { maxLength: 12 },
);
const points = (parts: readonly Interval[]) =>
  new Set(parts.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index)));

describe('interval', () => {
  test('rejects empty and reversed intervals', () => {
    expect(() => span(1, 1)).toThrow(RangeError);
    expect(() => span(2, 1)).toThrow(RangeError);
  });
});

describe('union', () => {
  test('joins overlapping and adjacent intervals', () => {
    expect(union([span(5, 7), span(0, 2), span(2, 3), span(6, 9)])).toEqual([span(0, 3), span(5, 9)]);
  });

  test('contains the points of its parts, in any order, in the fewest intervals', () => {
    fc.assert(
      fc.property(spans, (parts) => {
        const joined = union(parts);
        expect(points(joined)).toEqual(points(parts));
        expect(union([...parts].reverse())).toEqual(joined);
        const starts = joined.slice(1).map((part) => part.start);
        expect(starts.every((start, index) => start > (joined[index]?.end ?? 0))).toBe(true);
      }),
    );
  });
});

describe('missing', () => {
  test('makes up the whole together with the covered parts', () => {
    fc.assert(
      fc.property(spans, (covered) => {
        const whole = span(-30, 30);
        const gaps = missing(whole, covered);
        const inside = [...points(covered)].filter((point) => point >= -30 && point < 30);
        expect(new Set([...points(gaps), ...inside])).toEqual(points([whole]));
        expect([...points(gaps)].some((point) => points(covered).has(point))).toBe(false);
      }),
    );
  });
});

describe('difference', () => {
  test('contains the points of the first list that are not in the second', () => {
    fc.assert(
      fc.property(spans, spans, (wholes, taken) => {
        const left = [...points(wholes)].filter((point) => !points(taken).has(point));
        expect(points(difference(wholes, taken))).toEqual(new Set(left));
      }),
    );
  });
});

describe('split', () => {
  test('splits from the start, and the pieces make up the whole', () => {
    expect(split(span(0, 50), 10, 2)).toEqual([span(0, 20), span(20, 40), span(40, 50)]);
  });

  test('gives pieces of a limited size whose union is the span', () => {
    const whole = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 90 }));
    fc.assert(
      fc.property(
        whole,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        ([from, size], unitMs, units) => {
          const one = span(from, from + size);
          const pieces = split(one, unitMs, units);
          expect(union(pieces)).toEqual([one]);
          expect(pieces.every(({ start, end }) => end - start <= unitMs * units)).toBe(true);
        },
      ),
    );
  });
});

describe('union and difference', () => {
  const intersection = (a: readonly Interval[], b: readonly Interval[]) => difference(a, difference(a, b));

  test('obey the laws of sets', () => {
    fc.assert(
      fc.property(spans, spans, spans, (a, b, c) => {
        expect(difference(a, a)).toEqual([]);
        expect(difference(difference(union([...a, ...b]), b), a)).toEqual([]);
        expect(union([...intersection(a, b), ...difference(a, b)])).toEqual(union(a));
        expect(intersection(a, b)).toEqual(intersection(b, a));
        expect(union([...a, ...union([...b, ...c])])).toEqual(union([...union([...a, ...b]), ...c]));
        expect(union([...a, ...a])).toEqual(union(a));
        expect(difference([...b, ...a], c)).toEqual(difference([...a, ...b], c));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('floorToUnit', () => {
  test('rounds down before 1970 too', () => {
    expect([25, 20, -1].map((at) => floorToUnit(epochMsOf(at), 10))).toEqual([20, 20, -10]);
  });
});

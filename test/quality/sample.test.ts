import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distinctOf, quantilesOf, valueCounts } from '../../src/quality/sample.ts';

describe('distinctOf', () => {
  test('counts the values of a run that is sampled whole', () => {
    expect(distinctOf(['a', 'b', 'a'], 3)).toBe(2);
    expect(distinctOf([], 0)).toBe(0);
  });

  test('estimates the values of a larger run', () => {
    const each = Array.from({ length: 1_000 }, (_, index) => `customer-${index}`);
    expect(distinctOf(each, 1_000_000)).toBe(1_000_000);
    const few = Array.from({ length: 1_000 }, (_, index) => `country-${index % 30}`);
    expect(distinctOf(few, 1_000_000)).toBe(30);
  });

  test('stays between the values found and the values in the run', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 2 }), { minLength: 1 }), fc.nat(1_000), (values, more) => {
        const distinct = distinctOf(values, values.length + more);
        return distinct >= new Set(values).size && distinct <= values.length + more;
      }),
    );
  });
});

describe('quantilesOf', () => {
  test('returns values of the sample', () => {
    const sorted = Array.from({ length: 101 }, (_, index) => index * 2);
    expect(quantilesOf(sorted, [0, 0.25, 0.5, 0.99, 1])).toEqual([0, 50, 100, 198, 200]);
    expect(quantilesOf([7], [0.01, 0.99])).toEqual([7, 7]);
  });
});

describe('valueCounts', () => {
  test('lists the most frequent values first, then in text order', () => {
    expect(valueCounts(['b', 'a', 'c', 'c'])).toEqual([
      ['c', 2],
      ['a', 1],
      ['b', 1],
    ]);
  });
});

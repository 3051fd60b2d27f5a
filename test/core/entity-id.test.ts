import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinParts, splitParts } from '../../src/core/entity-id.ts';
import { parts } from '../support/hard-parts.ts';

describe('joinParts', () => {
  test.each([
    [['17', '3'], '17|3'],
    [['', ''], '|'],
    [['a|b', 'c\\d'], 'a\\|b|c\\\\d'],
    [['\\', '|'], '\\\\|\\|'],
  ])('makes the id of %j', (given, id) => {
    expect(joinParts(given)).toBe(id);
  });

  test('gives each list of parts its own id, from which the parts can be read', () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(splitParts(joinParts(one), one.length)).toEqual(one);
        if (JSON.stringify(one) !== JSON.stringify(other)) expect(joinParts(one)).not.toBe(joinParts(other));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('splitParts', () => {
  test.each([
    ['too few parts', '17', 2],
    ['too many parts', '1|2|3', 2],
    ['a backslash that escapes nothing', 'a\\b|c', 2],
    ['a backslash at the end', 'a|b\\', 2],
  ])('refuses %s', (_, id, count) => {
    expect(splitParts(id, count)).toBeNull();
  });

  test('accepts only ids that joining their parts makes', () => {
    const text = fc.string({ unit: fc.constantFrom('|', '\\', 'a'), maxLength: 8 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 4 }), (id, count) => {
        const found = splitParts(id, count);
        if (found !== null) expect(joinParts(found)).toBe(id);
      }),
    );
  });
});

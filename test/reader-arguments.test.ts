import { describe, expect, test } from 'vitest';
import { epochMicrosOf } from '../src/core/instant.ts';
import type { AsOf } from '../src/offline/feature-row.ts';
import { requireKeys, requirePairs } from '../src/reader-arguments.ts';

const pair = (at: unknown, entityId: unknown = 'ada') => ({ entityId, at }) as AsOf; // as a program in JavaScript calls it

describe('requirePairs', () => {
  test.each([
    [pair(new Date(Number.NaN)), 'pairs[1].at is an invalid Date; expected a Date, or whole microseconds'],
    [pair('2026-01-02'), 'pairs[1].at is a string; expected a Date, or whole microseconds since 1970'],
    [pair(1.5), 'pairs[1].at is 1.5; expected a Date, or whole microseconds since 1970'],
    [pair(undefined), 'pairs[1].at is undefined; expected a Date, or whole microseconds since 1970'],
    [pair(0, 17850), 'pairs[1].entityId is 17850; expected a string.'],
  ])('refuses %j', (wrong, message) => {
    expect(() => requirePairs([pair(epochMicrosOf(0)), wrong])).toThrow(message);
  });

  test('refuses a bigint', () => {
    expect(() => requirePairs([pair(1n)])).toThrow(
      'pairs[0].at is the bigint 1; expected a Date, or whole microseconds',
    );
  });

  test('accepts texts with microseconds or Dates', () => {
    const micros = pair(epochMicrosOf(1_767_225_600_000_000));
    expect(requirePairs([micros, pair(new Date('2026-01-01T00:00:00Z'))])).toEqual(
      Array(2).fill({ key: 'ada', at: micros.at }),
    );
  });
});

describe('requireKeys', () => {
  test('refuses ids that are not texts', () => {
    const ids = ['ada', 17850] as unknown as string[]; // as a program in JavaScript calls it
    expect(() => requireKeys(ids)).toThrow('entityIds[1] is 17850; expected a string.');
  });
});

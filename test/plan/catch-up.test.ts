import { describe, expect, test } from 'vitest';
import { formatInstant } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import { missedBefore, skippedBy } from '../../src/plan/catch-up.ts';
import { at } from '../support/views.ts';

describe('missedBefore', () => {
  test.each([
    ['the tick before the newest one', '0 * * * *', '2026-01-01T07:10Z', '2026-01-01T06:00:00Z'],
    ['the same while the newest one is being handled', '0 * * * *', '2026-01-01T07:00Z', '2026-01-01T06:00:00Z'],
    ['never less than five minutes ago', '* * * * *', '2026-01-01T07:10Z', '2026-01-01T07:05:00Z'],
    ['a tick, and no time between', '*/2 * * * *', '2026-01-01T07:10Z', '2026-01-01T07:04:00Z'],
    ['days ago for a weekly job', '0 3 * * 1', '2026-01-07T07:10Z', '2025-12-29T03:00:00Z'],
  ])('is %s', (_, cron, now, expected) => {
    const found = missedBefore({ cron, timezone: 'UTC' }, at(now));
    expect(found === null ? null : formatInstant(found)).toBe(expected);
  });
});

describe('skippedBy', () => {
  const hours = (from: number, to: number) => {
    const hour = (number: number) => at(`2026-01-01T${String(number).padStart(2, '0')}:00Z`);
    return interval(hour(from), hour(to));
  };
  const missed = [hours(0, 3), hours(5, 8)];

  test.each([
    ['all', []],
    ['latest', [hours(0, 3), hours(5, 7)]],
    ['none', missed],
  ] as const)('%s', (policy, expected) => {
    expect(skippedBy(policy, missed, 3_600_000)).toEqual(expected);
  });

  test('latest keeps a gap of one unit whole', () => {
    expect(skippedBy('latest', [hours(0, 3), hours(5, 6)], 3_600_000)).toEqual([hours(0, 3)]);
  });
});

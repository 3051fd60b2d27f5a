import { describe, expect, test } from 'vitest';
import { formatInstant } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import { keptGained, missedBefore, skippedBy } from '../../src/plan/catch-up.ts';
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

describe('keptGained', () => {
  const gained = [{ view: 'spend', at: at('2026-01-01T04:01Z') }];

  test.each([
    ['keeps a view while an earlier tick is the newest that can be missed', '0 * * * *', '2026-01-01T05:59Z', gained],
    ['removes it when time from after its change can be missed', '0 * * * *', '2026-01-01T06:00Z', []],
    ['keeps it as long as a seldom job needs', '0 3 * * 1', '2026-01-11T07:10Z', gained],
  ])('%s', (_, cron, now, kept) => {
    expect(keptGained({ cron, timezone: 'UTC', gained }, at(now))).toEqual(kept);
  });

  test('keeps it although the job has changed, which a pause would make it forget', () => {
    const changedAt = at('2026-01-01T04:01Z');
    expect(keptGained({ cron: '0 * * * *', timezone: 'UTC', changedAt, gained }, at('2026-01-01T05:30Z'))).toEqual(
      gained,
    );
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

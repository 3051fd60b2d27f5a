import { describe, expect, test } from 'vitest';
import { type Interval, interval } from '../../src/core/interval.ts';
import { type DaySum, dayCells, newestUnits } from '../../src/plan/calendar.ts';
import { at } from '../support/views.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const span = (start: string, end: string): Interval => interval(at(start), at(end));

function cells(sums: readonly (readonly [string, DaySum['state'], number])[], unitMs: number) {
  const given = sums.map(([day, state, ms]) => ({ day: at(day), state, ms }));
  return dayCells(given, unitMs).map(({ day, state, units }) => [
    new Date(day).toISOString().slice(0, 10),
    state,
    Object.fromEntries(units),
  ]);
}

describe('dayCells', () => {
  test('sums the hours of each day and shows the most urgent state', () => {
    const sums = [
      ['2026-01-05', 'covered', 21 * HOUR_MS],
      ['2026-01-05', 'held', HOUR_MS],
      ['2026-01-04', 'covered', 4 * HOUR_MS],
      ['2026-01-05', 'skipped', 2 * HOUR_MS],
    ] as const;
    expect(cells(sums, HOUR_MS)).toEqual([
      ['2026-01-04', 'covered', { covered: 4 }],
      ['2026-01-05', 'held', { covered: 21, held: 1, skipped: 2 }],
    ]);
  });

  test('gives each day of a longer unit the state of that unit', () => {
    const sums = [
      ['2026-01-05', 'covered', DAY_MS],
      ['2026-01-06', 'missing', DAY_MS],
    ] as const;
    expect(cells(sums, 7 * DAY_MS)).toEqual([
      ['2026-01-05', 'covered', { covered: 1 }],
      ['2026-01-06', 'missing', { missing: 1 }],
    ]);
  });
});

describe('newestUnits', () => {
  test('ends at the frontier and starts no earlier than the view', () => {
    const whole = span('2026-01-01', '2026-01-03');
    const time = { start: whole.start, frontier: whole.end };
    expect(newestUnits({ ...time, unitMs: DAY_MS }, 60)).toEqual(whole);
    expect(newestUnits({ ...time, unitMs: HOUR_MS }, 3)).toEqual(span('2026-01-02T21:00Z', '2026-01-03'));
    expect(newestUnits({ ...time, unitMs: HOUR_MS, frontier: whole.start }, 3)).toBeNull();
  });
});

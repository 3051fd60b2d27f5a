import { describe, expect, test } from 'vitest';
import { type Interval, interval } from '../../src/core/interval.ts';
import { dayCells, newestUnits } from '../../src/plan/calendar.ts';
import type { Coverage } from '../../src/plan/strip.ts';
import { at } from '../support/views.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const span = (start: string, end: string): Interval => interval(at(start), at(end));

/** All of a view's time is covered, unless said otherwise. */
function coverage(unitMs: number, whole: Interval, extra: Partial<Coverage> = {}): Coverage {
  const sets = { covered: [whole], stale: [], held: [], skipped: [], planned: [] };
  return { unitMs, start: whole.start, frontier: whole.end, ...sets, ...extra };
}

function cells(of: Coverage, range: Interval): [string, string, Record<string, number>][] {
  return dayCells(of, range).map(({ day, state, units }) => [
    new Date(day).toISOString().slice(0, 10),
    state,
    Object.fromEntries(units),
  ]);
}

describe('dayCells', () => {
  test('sums up the hours of each day, and shows of a day what matters most', () => {
    const whole = span('2026-01-04T20:00Z', '2026-01-07T06:00Z');
    const of = coverage(HOUR_MS, whole, {
      frontier: at('2026-01-07T03:00Z'),
      covered: [span('2026-01-04T20:00Z', '2026-01-05T06:00Z'), span('2026-01-05T09:00Z', '2026-01-07T02:00Z')],
      held: [span('2026-01-05T06:00Z', '2026-01-05T07:00Z')],
      skipped: [span('2026-01-05T07:00Z', '2026-01-05T09:00Z')],
    });
    expect(cells(of, whole)).toEqual([
      ['2026-01-04', 'covered', { covered: 4 }],
      ['2026-01-05', 'held', { covered: 21, held: 1, skipped: 2 }],
      ['2026-01-06', 'covered', { covered: 24 }],
      ['2026-01-07', 'missing', { covered: 2, missing: 1, future: 3 }],
    ]);
  });

  test('gives each day of a longer unit the state of that unit', () => {
    const whole = span('2026-01-05', '2026-01-19');
    const of = coverage(7 * DAY_MS, whole, { covered: [span('2026-01-05', '2026-01-12')] });
    expect(cells(of, whole).map(([, state, units]) => [state, units])).toEqual([
      ...Array.from({ length: 7 }, () => ['covered', { covered: 1 }]),
      ...Array.from({ length: 7 }, () => ['missing', { missing: 1 }]),
    ]);
  });
});

describe('newestUnits', () => {
  test('ends at the frontier, and begins no earlier than the view', () => {
    const whole = span('2026-01-01', '2026-01-03');
    expect(newestUnits(coverage(DAY_MS, whole), 60)).toEqual(whole);
    expect(newestUnits(coverage(HOUR_MS, whole), 3)).toEqual(span('2026-01-02T21:00Z', '2026-01-03'));
    expect(newestUnits(coverage(HOUR_MS, whole, { frontier: whole.start }), 3)).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { type Interval, interval } from '../../src/core/interval.ts';
import { explained } from '../../src/plan/explain-spans.ts';
import { type Coverage, MARKS, newestLines, segmentsOf, stripLines } from '../../src/plan/strip.ts';
import { at } from '../support/views.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const span = (start: string, end: string): Interval => interval(at(start), at(end));

/** By default all of a view's time is covered. */
function coverage(unitMs: number, whole: Interval, extra: Partial<Coverage> = {}): Coverage {
  const sets = { covered: [whole], stale: [], held: [], skipped: [], planned: [] };
  return { unitMs, start: whole.start, frontier: whole.end, ...sets, ...extra };
}

function drawn(of: Coverage, range: Interval): string[] {
  return stripLines(of, range).map(({ label, text }) => `${label}  ${text}`);
}

describe('stripLines', () => {
  test('draws hours as one line per day, with a mark for each state', () => {
    const whole = span('2026-01-04T20:00Z', '2026-01-06T06:00Z');
    const of = coverage(HOUR_MS, whole, {
      frontier: at('2026-01-06T03:00Z'),
      covered: [span('2026-01-04T20:00Z', '2026-01-05T06:00Z'), span('2026-01-05T09:00Z', '2026-01-06T02:00Z')],
      held: [span('2026-01-05T06:00Z', '2026-01-05T08:00Z')],
      stale: [span('2026-01-05T22:00Z', '2026-01-06T02:00Z')],
      skipped: [span('2026-01-05T12:00Z', '2026-01-05T13:00Z'), span('2026-01-05T08:00Z', '2026-01-05T09:00Z')],
      planned: [span('2026-01-06T00:00Z', '2026-01-06T01:00Z')],
    });
    expect(drawn(of, whole)).toEqual([
      '2026-01-04                      ####',
      '2026-01-05  ######xx-#############~~',
      '2026-01-06  >~.   ',
    ]);
  });

  test.each<[string, number, Interval, string[]]>([
    [
      'days as a line per month',
      DAY_MS,
      span('2026-01-30', '2026-03-02'),
      ['2026-01                               ##', '2026-02  ############################', '2026-03  #'],
    ],
    [
      'half days as a line per month',
      DAY_MS / 2,
      span('2026-01-31T12:00Z', '2026-02-02'),
      [`2026-01  ${' '.repeat(61)}#`, '2026-02  ##'],
    ],
    [
      'quarter days as a line per week, from Monday on',
      DAY_MS / 4,
      span('2026-01-04T18:00Z', '2026-01-06'),
      [`2025-12-29  ${' '.repeat(27)}#`, '2026-01-05  ####'],
    ],
    [
      'quarters of an hour as a line per four hours',
      HOUR_MS / 4,
      span('2026-01-05T03:30Z', '2026-01-05T05:00Z'),
      ['2026-01-05 00:00                ##', '2026-01-05 04:00  ####'],
    ],
    [
      '5 minutes as a line per four hours',
      HOUR_MS / 12,
      span('2026-01-05T03:50Z', '2026-01-05T04:10Z'),
      [`2026-01-05 00:00  ${' '.repeat(46)}##`, '2026-01-05 04:00  ##'],
    ],
    [
      'minutes as a line per hour',
      60_000,
      span('2026-01-05T03:58Z', '2026-01-05T04:02Z'),
      [`2026-01-05 03:00  ${' '.repeat(58)}##`, '2026-01-05 04:00  ##'],
    ],
    [
      'seconds as a line per minute',
      1_000,
      span('2026-01-05T03:58:58Z', '2026-01-05T03:59:02Z'),
      [`2026-01-05 03:58  ${' '.repeat(58)}##`, '2026-01-05 03:59  ##'],
    ],
    // The grid is whole weeks since the epoch, a Thursday: 1 January 2026 is one.
    [
      'weeks as a line per year',
      7 * DAY_MS,
      span('2025-12-18', '2026-01-15'),
      [`2025  ${' '.repeat(50)}##`, '2026  ##'],
    ],
  ])('draws %s', (_what, unitMs, whole, lines) => {
    expect(drawn(coverage(unitMs, whole), whole)).toEqual(lines);
  });

  test('shows every unit of any range exactly once, with its state', () => {
    const units = fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 40 }));
    const unitMs = fc.constantFrom(
      1_000,
      60_000,
      7 * 60_000,
      HOUR_MS / 4,
      HOUR_MS,
      5 * HOUR_MS,
      DAY_MS,
      7 * DAY_MS,
      30 * DAY_MS,
    );
    const sets = fc.record({
      covered: fc.array(units, { maxLength: 6 }),
      stale: fc.array(units, { maxLength: 3 }),
      held: fc.array(units, { maxLength: 3 }),
      skipped: fc.array(units, { maxLength: 3 }),
      planned: fc.array(units, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(unitMs, sets, units, units, fc.nat(20_000), (unit, drawnSets, whole, asked, origin) => {
        const first = Math.floor(at('2024-02-20') / unit) + origin;
        const spanOf = ([from, length]: [number, number]) =>
          interval(epochMsOf((first + from) * unit), epochMsOf((first + from + length) * unit));
        const mapped = Object.fromEntries(Object.entries(drawnSets).map(([name, list]) => [name, list.map(spanOf)]));
        const time = spanOf(whole);
        const of = coverage(unit, time, mapped);
        const range = spanOf(asked);
        const expected = Array.from(
          { length: asked[1] },
          (_, index) => MARKS[slowStateOf(of, range.start + index * unit)],
        );
        const lines = stripLines(of, range);
        const joined = lines.map(({ text }, index) =>
          index === 0 ? text.slice(text.length - shownOnFirst(lines, asked[1])) : text,
        );
        expect(joined.join('')).toBe(expected.join(''));
        expect(Math.max(...lines.map(({ text }) => text.length))).toBeLessThanOrEqual(62);
        expect(new Set(lines.map(({ label }) => label)).size).toBe(lines.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** The number of characters of the first line that are units of the range, without the blanks before it. */
function shownOnFirst(lines: readonly { text: string }[], units: number): number {
  return units - lines.slice(1).reduce((sum, { text }) => sum + text.length, 0);
}

function slowStateOf(of: Coverage, start: number): keyof typeof MARKS {
  const isIn = (spans: readonly Interval[]) => spans.some((one) => one.start <= start && start < one.end);
  for (const state of ['planned', 'held', 'stale', 'covered', 'skipped'] as const) if (isIn(of[state])) return state;
  return start >= of.start && start < of.frontier ? 'missing' : 'future';
}

describe('newestLines', () => {
  test('keeps the newest lines of a range, from the start of a period', () => {
    const range = span('2026-01-01', '2026-03-10T05:00Z');
    expect(newestLines(HOUR_MS, range, 3)).toBe(at('2026-03-08'));
    expect(newestLines(HOUR_MS, span('2026-03-08T07:00Z', '2026-03-10'), 3)).toBe(at('2026-03-08T07:00Z'));
    expect(
      drawn(
        coverage(DAY_MS, range),
        interval(newestLines(DAY_MS, span('2024-01-01', '2026-03-01'), 2), at('2026-03-01')),
      ),
    ).toHaveLength(2);
  });
});

describe('segmentsOf', () => {
  test('joins adjacent segments with the same state', () => {
    const whole = span('2026-01-01', '2026-01-05');
    const of = coverage(DAY_MS, whole, {
      covered: [span('2026-01-01', '2026-01-02'), span('2026-01-02', '2026-01-04')],
    });
    expect(segmentsOf(of, whole)).toEqual([
      { span: span('2026-01-01', '2026-01-04'), state: 'covered' },
      { span: span('2026-01-04', '2026-01-05'), state: 'missing' },
    ]);
  });
});

describe('explained', () => {
  test('gives each part the first reason that contains it, or none', () => {
    const newer = { span: span('2026-01-02', '2026-01-03'), id: 2 };
    const older = { span: span('2026-01-01', '2026-01-04'), id: 1 };
    expect(explained([span('2026-01-01', '2026-01-05')], [newer, older])).toEqual([
      { span: span('2026-01-01', '2026-01-02'), reason: older },
      { span: span('2026-01-02', '2026-01-03'), reason: newer },
      { span: span('2026-01-03', '2026-01-04'), reason: older },
      { span: span('2026-01-04', '2026-01-05'), reason: null },
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { interval } from '../../src/core/interval.ts';
import { skippedBy } from '../../src/plan/catch-up.ts';
import { cutIntoRuns } from '../../src/plan/cut.ts';
import { at, view } from '../support/views.ts';

const days = (from: string, to: string) => interval(at(from), at(to));
const HOUR_MS = 3_600_000;

describe('cutIntoRuns', () => {
  test('gives a snapshot one unit per run', () => {
    expect(cutIntoRuns(view(), [days('2026-01-01', '2026-01-03')])).toEqual([
      days('2026-01-01', '2026-01-02'),
      days('2026-01-02', '2026-01-03'),
    ]);
  });

  test('joins adjacent units of events, up to a week of hours', () => {
    const events = view({ kind: 'events', unitMs: HOUR_MS });
    expect(cutIntoRuns(events, [days('2026-01-01', '2026-01-09')])).toEqual([
      days('2026-01-01', '2026-01-08'),
      days('2026-01-08', '2026-01-09'),
    ]);
  });

  test('widens spans off the grid to whole units', () => {
    expect(cutIntoRuns(view(), [days('2026-01-01T05:00Z', '2026-01-01T06:00Z')])).toEqual([
      days('2026-01-01', '2026-01-02'),
    ]);
  });
});

describe('cutIntoRuns with a limit', () => {
  test('never makes more runs than the limit', () => {
    const minutes = view({ unitMs: 60_000 });
    expect(cutIntoRuns(minutes, [days('1950-01-01', '2150-01-01')], 2)).toEqual([
      days('1950-01-01T00:00Z', '1950-01-01T00:01Z'),
      days('1950-01-01T00:01Z', '1950-01-01T00:02Z'),
    ]);
  });
});

describe('skippedBy', () => {
  const missed = [days('2026-01-01', '2026-01-02'), days('2026-01-05', '2026-01-08')];

  test.each([
    ['all', []],
    ['none', missed],
    ['latest', [days('2026-01-01', '2026-01-02'), days('2026-01-05', '2026-01-07')]],
  ] as const)('%s', (policy, skipped) => {
    expect(skippedBy(policy, missed, 24 * HOUR_MS)).toEqual(skipped);
  });
});

import { describe, expect, test } from 'vitest';
import { type EpochMs, epochMsOf, formatInstant, parseInstant } from '../../../src/core/instant.ts';
import { cronProblem, previousTick, ticksAfter } from '../../../src/definition/cron/cron.ts';
import { hasEitherDay, plainCron } from '../../../src/definition/cron/cron-plain.ts';
import { NOW } from '../project-folder.ts';

const at = (text: string): EpochMs => parseInstant(text) ?? epochMsOf(Number.NaN);
const shown = (ticks: readonly EpochMs[]) => ticks.map(formatInstant);

describe('cronProblem', () => {
  test.each([
    ['15 3 * * *', 'Europe/London'],
    ['*/5 * * * *', 'America/New_York'],
    ['0 * * * *', 'Asia/Kolkata'],
    ['30 2 * * *', 'America/New_York'],
    ['0 0 L * *', 'UTC'],
    ['0 9 * jan,JUL mon-fri', 'Pacific/Chatham'],
    ['0 0 * * 1#2', 'Africa/Cairo'],
    ['0 3 29 2 *', 'UTC'],
    ['0 9 * * SAT-SUN', 'GMT'],
    ['0 9 * * FRI-SUN', 'CET'],
    ['0 9 * * 0,7', 'EST'],
    ['0 9 * * MON,1', 'PST8PDT'],
    ['1-5,3 9 1,1-3 JAN,1 5/1,7', 'NZ-CHAT'],
  ])('accepts %s %s', (cron, zone) => {
    expect(cronProblem(cron, zone, NOW)).toBeNull();
  });

  const minutes = 'expected *, or numbers from 0 to 59 such as 1, 1-5, 1,3 or */5';
  test.each([
    ['', 'it has 0 fields; expected five: minute hour day-of-month month day-of-week'],
    ['* * * *', 'it has 4 fields; expected five: minute hour day-of-month month day-of-week'],
    ['0 3 * *', 'it has 4 fields; expected five: minute hour day-of-month month day-of-week'],
    ['* * * * * *', 'it has 6 fields; expected five: minute hour day-of-month month day-of-week'],
    ['0 0 3 * * * 2026', 'it has 7 fields; expected five: minute hour day-of-month month day-of-week'],
    ['@every 5m', "'@every' is not supported; expected five fields such as 15 3 * * *"],
    ['@daily', "'@daily' is not supported; expected five fields such as 15 3 * * *"],
    ['61 * * * *', `minute '61': ${minutes}`],
    ['H * * * *', `minute 'H': ${minutes}`],
    ['*/0 * * * *', `minute '*/0': ${minutes}`],
    ['*/90 * * * *', `minute '*/90': ${minutes}`],
    ['5-1 * * * *', `minute '5-1': ${minutes}`],
    ['1,1 * * * *', "minute '1,1' repeats a value"],
    ['0 24 * * *', "hour '24': expected *, or numbers from 0 to 23 such as 1, 1-5, 1,3 or */5"],
    ['0 0 0 * *', "day of month '0': expected *, or numbers from 1 to 31 such as 1, 1-5, 1,3 or */5"],
    ['0 0 * foo *', "month 'foo': expected *, or numbers from 1 to 12 or jan to dec such as 1, 1-5, 1,3 or */5"],
    [
      '0 0 * * fri-mon',
      "day of week 'fri-mon': expected *, or numbers from 0 to 7 or sun to sat such as 1, 1-5, 1,3 or */5",
    ],
    ['0 0 30 2 *', 'day 30 of month 2 does not exist, so the job would never run'],
  ])('rejects %j', (cron, problem) => {
    expect(cronProblem(cron, 'UTC', NOW)).toBe(problem);
  });

  test.each([
    [
      'Europe/Lodnon',
      "'Europe/Lodnon' is not a time zone; expected UTC or a name such as Europe/London; did you mean `Europe/London`?",
    ],
    ['utc', "'utc' is not a time zone; expected UTC or a name such as Europe/London; did you mean `UTC`?"],
    ['+02:00', "'+02:00' is not a time zone; expected UTC or a name such as Europe/London"],
    ['', "'' is not a time zone; expected UTC or a name such as Europe/London"],
    // The runtime would read it as Asia/Dhaka.
    ['BST', "'BST' is not a time zone; expected UTC or a name such as Europe/London"],
  ])('rejects the zone %j', (zone, problem) => {
    expect(cronProblem('0 3 * * *', zone, NOW)).toBe(problem);
  });

  test.each(['0 2 * * *', '15 2 * * *', '0 * * * *', '* 2 * * *'])(
    'rejects %s in Australia/Lord_Howe, whose ticks cannot be computed',
    (cron) => {
      expect(cronProblem(cron, 'Australia/Lord_Howe', NOW)).toMatch(
        /^its ticks in Australia\/Lord_Howe cannot be computed after 2027-04-0[23]T.* \(Invalid expression, loop limit exceeded\); choose another time of day, or timezone UTC$/,
      );
    },
  );
});

describe('ticksAfter', () => {
  test('runs a time inside a gap once, at the next valid minute', () => {
    expect(shown(ticksAfter('30 2 * * *', 'America/New_York', at('2026-03-07T12:00:00Z'), 3))).toEqual([
      '2026-03-08T07:30:00Z',
      '2026-03-09T06:30:00Z',
      '2026-03-10T06:30:00Z',
    ]);
  });

  test('runs a repeated hour once, even when enumerated from inside it', () => {
    const once = ['2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z'];

    expect(shown(ticksAfter('30 1 * * *', 'America/New_York', at('2026-11-01T05:00:00Z'), 2))).toEqual(once);
    expect(shown(ticksAfter('30 1 * * *', 'America/New_York', at('2026-11-01T06:00:00Z'), 1))).toEqual(once.slice(1));
  });

  test('starts after the instant, not at it', () => {
    expect(shown(ticksAfter('0 * * * *', 'UTC', at('2026-11-20T18:00:00Z'), 1))).toEqual(['2026-11-20T19:00:00Z']);
    expect(ticksAfter('0 * * * *', 'UTC', NOW, 0)).toEqual([]);
  });
});

describe('plainCron', () => {
  test.each([
    ['0 9 * * SAT-SUN', '0 9 * * 0,6'],
    ['0 9 * * fri-sun', '0 9 * * 0,5,6'],
    ['0 9 * * MON-SUN/2', '0 9 * * 0,1,3,5'],
    ['0 9 * * 0,7', '0 9 * * 0'],
    ['0 9 * * MON,1', '0 9 * * 1'],
    ['1-5,3 */8,0 1,1-3 JAN,1 *', '1,2,3,4,5 0,8,16 1,2,3 1 *'],
    ['*/5 9-17 L jan-mar 1L', '*/5 9-17 L jan-mar 1L'],
    ['0 9 * * 5-7', '0 9 * * 5-7'],
    ['0 9 * * SUN-SAT', '0 9 * * SUN-SAT'],
  ])('%s is %s for the library', (cron, plain) => {
    expect(plainCron(cron)).toBe(plain);
  });

  test('gives the ticks of a weekend, and of a repeated day, once each', () => {
    const from = at('2026-11-20T18:00:00Z');
    const weekend = ['2026-11-21T09:00:00Z', '2026-11-22T09:00:00Z', '2026-11-28T09:00:00Z'];
    expect(shown(ticksAfter('0 9 * * SAT-SUN', 'GMT', from, 3))).toEqual(weekend);
    expect(shown(ticksAfter('0 9 * * 0,7', 'CET', from, 2))).toEqual(['2026-11-22T08:00:00Z', '2026-11-29T08:00:00Z']);
    expect(shown(ticksAfter('0 9 * * MON,1', 'EST', from, 2))).toEqual([
      '2026-11-23T14:00:00Z',
      '2026-11-30T14:00:00Z',
    ]);
  });

  test('ticks on days of the month and of the week if both are given', () => {
    expect(shown(ticksAfter('0 9 13 * FRI', 'UTC', at('2026-12-05T00:00:00Z'), 3))).toEqual([
      '2026-12-11T09:00:00Z',
      '2026-12-13T09:00:00Z',
      '2026-12-18T09:00:00Z',
    ]);
    expect(['0 9 13 * FRI', '0 9 */2 * 1', '0 9 * * FRI', '0 9 13 * *'].map(hasEitherDay)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('previousTick', () => {
  test('is the newest tick at or before the instant, even years ago', () => {
    const previous = (cron: string, zone = 'UTC') =>
      formatInstant(previousTick(cron, zone, at('2026-11-20T18:00:00Z')) ?? epochMsOf(0));

    expect([
      previous('0 * * * *'),
      previous('1 18 * * *'),
      previous('15 3 * * *', 'Asia/Kolkata'),
      previous('0 0 1 1 *', 'Europe/London'),
      previous('0 0 29 2 *'),
    ]).toEqual([
      '2026-11-20T18:00:00Z',
      '2026-11-19T18:01:00Z',
      '2026-11-19T21:45:00Z',
      '2026-01-01T00:00:00Z',
      '2024-02-29T00:00:00Z',
    ]);
  });
});

// Ticks around changes of clocks, compared with an enumeration that does not use offsets: it reads the local time of every
// minute.

import { describe, expect, test } from 'vitest';
import { type EpochMs, epochMsOf, formatInstant } from '../../../src/core/instant.ts';
import { previousTick, ticksAfter } from '../../../src/definition/cron/cron.ts';
import { firstDue } from '../../../src/plan/explain.ts';
import { nextTick } from '../../../src/queue/leader/next-tick.ts';
import { at, view } from '../../support/views.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Zone → the dates to test around: both changes of a year, or, for a zone without changes, those of other zones. */
const ZONES: [string, string, string][] = [
  ['America/New_York', '2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  ['Europe/London', '2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00Z', '2026-10-29T21:00Z'],
  ['Asia/Kolkata', '2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  ['Pacific/Chatham', '2026-04-04T14:00Z', '2026-09-26T14:00Z'],
  ['America/Havana', '2026-03-08T05:00Z', '2026-11-01T05:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z', '2026-10-03T15:30Z'],
  ['America/Sao_Paulo', '2018-02-18T02:00Z', '2018-11-04T03:00Z'],
  ['Asia/Tehran', '2021-03-21T20:30Z', '2021-09-21T19:30Z'],
  // Samoa skipped 30 December.
  ['Pacific/Apia', '2011-12-30T10:00Z', '2011-04-02T14:00Z'],
  ['America/St_Johns', '2026-03-08T05:30Z', '2026-11-01T04:30Z'],
  ['UTC', '2026-03-29T01:00Z', '2026-10-25T01:00Z'],
];

type Time = { readonly hour: number; readonly minute: number };

/** Pattern → the times it names, and whether it ticks every time that the local clock shows one of them or once for each. */
const PATTERNS: [string, (time: Time) => boolean, 'once' | 'always'][] = [
  ['0 0 * * *', ({ hour, minute }) => hour === 0 && minute === 0, 'once'],
  ['30 0 * * *', ({ hour, minute }) => hour === 0 && minute === 30, 'once'],
  ['30 1 * * *', ({ hour, minute }) => hour === 1 && minute === 30, 'once'],
  ['30 2 * * *', ({ hour, minute }) => hour === 2 && minute === 30, 'once'],
  ['*/20 1-3 * * *', ({ hour, minute }) => hour >= 1 && hour <= 3 && minute % 20 === 0, 'once'],
  ['15 * * * *', ({ minute }) => minute === 15, 'always'],
];

/** Local minutes since 1970, for each minute around the change. */
function wall(zone: string, around: EpochMs): Map<number, number> {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
  });
  const shown = new Map<number, number>();
  for (let minute = around - 60 * HOUR_MS; minute <= around + 60 * HOUR_MS; minute += MINUTE_MS) {
    const [day = 0, month = 0, year = 0, hour = 0, past = 0] = (format.format(minute).match(/\d+/g) ?? []).map(Number);
    shown.set(minute, Date.UTC(year, month - 1, day, hour, past) / MINUTE_MS);
  }
  return shown;
}

function reference(
  shown: ReadonlyMap<number, number>,
  matches: (time: Time) => boolean,
  how: 'once' | 'always',
): EpochMs[] {
  const ticks = new Set<number>();
  const seen = new Set<number>();
  const isMatch = (time: number) => matches({ hour: Math.floor(time / 60) % 24, minute: time % 60 });
  let before: number | null = null;
  for (const [instant, time] of shown) {
    if (how === 'once' && before !== null) {
      for (let left = before + 1; left < time; left += 1) {
        if (isMatch(left)) ticks.add(instant + (left - before - 1) * MINUTE_MS);
      }
    }
    if (isMatch(time) && (how === 'always' || !seen.has(time))) ticks.add(instant);
    seen.add(time);
    before = time;
  }
  return [...ticks].sort((a, b) => a - b).map(epochMsOf);
}

/** The ticks that run if each one runs `lateMs` late, as BullMQ asks for the next one. */
function chain(cron: string, zone: string, [from, to]: readonly [number, number], lateMs: number): EpochMs[] {
  const handled: EpochMs[] = [];
  let last = from;
  for (;;) {
    const now = handled.length === 0 ? from : last + lateMs;
    const next = nextTick(Math.max(now, last), { pattern: cron, tz: zone });
    if (next === undefined || next > to) return handled;
    handled.push(epochMsOf(next));
    last = next;
  }
}

const CASES = ZONES.flatMap(([zone, ...changes]) => changes.map((change) => [zone, change] as const));

describe.each(CASES)('ticks in %s around %s', (zone, text) => {
  const change = at(text);
  const shown = wall(zone, change);

  test.each(PATTERNS)('of %s are the same whenever one asks', (cron, matches, how) => {
    const ticks = reference(shown, matches, how);
    for (let minute = -360; minute <= 360; minute += 20) {
      const now = epochMsOf(change + minute * MINUTE_MS);
      const expected = { next: ticks.find((tick) => tick > now), previous: ticks.findLast((tick) => tick <= now) };
      const found = { next: ticksAfter(cron, zone, now, 1)[0], previous: previousTick(cron, zone, now) };
      expect({ at: formatInstant(now), ...found }).toEqual({ at: formatInstant(now), ...expected });
    }
  });

  test.each(PATTERNS)('of %s are each handled once, also late', (cron, matches, how) => {
    const range = [change - 6 * HOUR_MS, change + 6 * HOUR_MS] as const;
    const ticks = reference(shown, matches, how).filter((tick) => tick > range[0] && tick <= range[1]);
    expect(chain(cron, zone, range, 0)).toEqual(ticks);
    expect(chain(cron, zone, range, 9 * MINUTE_MS)).toEqual(ticks);
    // Later than the next tick: that tick is skipped, and the one after it finds what is due.
    const late = chain(cron, zone, range, 50 * MINUTE_MS);
    expect(late).toEqual(ticks.filter((tick) => late.includes(tick)));
  });

  test.each([HOUR_MS, DAY_MS])('make whole units of %i ms due', (unitMs) => {
    const start = epochMsOf(Math.floor(change / DAY_MS - 2) * DAY_MS);
    for (const tick of reference(shown, ({ minute }) => minute === 15, 'always').filter((one) => one > start)) {
      const { runs } = firstDue(view({ start, end: null, unitMs }), tick);
      const ends = runs.map((span) => [(span?.start ?? 0) % unitMs, (span?.end ?? 0) - (span?.start ?? 0)]);
      expect(ends).toEqual(Array(Math.floor((tick - start) / unitMs)).fill([0, unitMs]));
    }
  });
});

import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { publishRun } from '../../src/online/publish.ts';
import { createWritePace } from '../../src/online/writing/write-pace.ts';
import { days, onDay, openOnlineWorld, type Row } from './world.ts';

const SIGNAL = new AbortController().signal;

/** A clock whose time passes only while something sleeps. */
function sleepingClock(): Clock & { passed(): number } {
  let now = 0;
  return {
    ...systemClock,
    monotonicMs: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    passed: () => now,
  };
}

describe('createWritePace', () => {
  test('spreads rows evenly, without a wait before the first', async () => {
    const clock = sleepingClock();
    const pace = createWritePace(1_000, clock);
    const times: number[] = [];
    for (const rows of [50, 50, 10, 1]) {
      await pace.turn(rows, SIGNAL);
      times.push(clock.passed());
    }
    expect(times).toEqual([0, 50, 100, 110]);
  });

  test('does not save up time in which nothing was written', async () => {
    const clock = sleepingClock();
    const pace = createWritePace(1_000, clock);
    await clock.sleep(60_000);
    await pace.turn(50, SIGNAL);
    await pace.turn(50, SIGNAL);
    expect(clock.passed()).toBe(60_050);
  });

  test.each([
    [100, 5],
    [1_000, 50],
    [1_000_000, 100],
  ])('writes few rows at a time: of %i per second at most %i', (rowsPerSecond, rows) => {
    expect(createWritePace(rowsPerSecond, systemClock).batchRows).toBe(rows);
  });
});

describe('publishRun', () => {
  test('waits for the turn of each batch', async () => {
    await using world = await openOnlineWorld();
    const rows = Array.from({ length: 25 }, (_, index): Row => [`e${index}`, onDay(0, 1), String(index)]);
    const run = await world.commit(days(0), rows);
    const turns: number[] = [];
    const pace = { batchRows: 10, idleLimit: '1min', turn: async (count: number) => void turns.push(count) };
    await publishRun({ ...world.publisher, online: { ...world.online, pace }, run });
    expect(turns).toEqual([10, 10, 5]);
    expect((await world.onlineRows()).size).toBe(25);
  });
});

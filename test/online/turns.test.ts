import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { waitForTurn } from '../../src/online/turns.ts';
import type { Database } from '../../src/postgres/database.ts';

const { signal } = new AbortController();
const LONG_MS = 60_000;

/** The turns of one process for one view. */
function turns() {
  const database = {} as Database; // only the key of the turns
  return { database, viewId: 1, owner: 'a', clock: systemClock, signal };
}

describe('waitForTurn', () => {
  test('lets one caller in at a time, in the order in which they came', async () => {
    const options = turns();
    const inside: number[] = [];
    const befores: (number | undefined)[] = [];
    const visit = async (caller: number) => {
      using turn = await waitForTurn(options, LONG_MS);
      inside.push(caller);
      befores.push(turn?.before);
      const before = inside.length;
      await systemClock.sleep(5);
      expect({ hasTurn: turn !== null, entered: inside.length }).toEqual({ hasTurn: true, entered: before });
    };
    await Promise.all([visit(1), visit(2), visit(3)]);
    expect(inside).toEqual([1, 2, 3]);
    // A publisher leaves the view free for other processes after several of them.
    expect(befores).toEqual([0, 1, 2]);
    using later = await waitForTurn(options, LONG_MS);
    expect(later?.before).toBe(0);
  });

  test('does not make callers for another view or in another process wait', async () => {
    const options = turns();
    using first = await waitForTurn(options, LONG_MS);
    using otherView = await waitForTurn({ ...options, viewId: 2 }, LONG_MS);
    using otherProcess = await waitForTurn({ ...options, owner: 'b' }, LONG_MS);
    expect([first, otherView, otherProcess]).not.toContain(null);
  });

  test('gives up after a while or when the signal is aborted, and then no caller overtakes', async () => {
    const options = turns();
    const stop = new AbortController();
    const first = await waitForTurn(options, LONG_MS);
    expect(await waitForTurn(options, 1)).toBeNull();
    const aborted = waitForTurn({ ...options, signal: stop.signal }, LONG_MS);
    stop.abort();
    expect(await aborted).toBeNull();
    expect(await waitForTurn(options, 1)).toBeNull();
    first?.[Symbol.dispose]();
    using last = await waitForTurn(options, LONG_MS);
    expect(last).not.toBeNull();
  });
});

import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { settlesWithin, within } from '../../src/core/within.ts';

/** A clock whose sleeps end when `pass` is called, and the sleeps that have not ended. */
function manualClock() {
  const sleeping = new Map<() => void, number>();
  const clock: Clock = {
    ...systemClock,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        const end = () => {
          sleeping.delete(end);
          resolve();
        };
        if (signal?.aborted) return resolve();
        sleeping.set(end, milliseconds);
        signal?.addEventListener('abort', end, { once: true });
      }),
  };
  return {
    clock,
    waits: () => [...sleeping.values()],
    pass: () => {
      for (const end of [...sleeping.keys()]) end();
    },
  };
}

const never = new Promise<never>(() => undefined);
const late = () => 'late';

describe('within', () => {
  test('gives the result of work that ends in time, and cancels the timer', async () => {
    const { clock, waits } = manualClock();
    const work = Promise.withResolvers<undefined>();
    const result = within({ clock, limitMs: 60_000 }, work.promise, late);
    expect(waits()).toEqual([60_000]);
    work.resolve(undefined);
    expect(await result).toBe(undefined);
    expect(waits()).toEqual([]);
  });

  test('rejects as work that fails in time, and cancels the timer', async () => {
    const { clock, waits } = manualClock();
    await expect(within({ clock, limitMs: 60_000 }, Promise.reject(new Error('no')), late)).rejects.toThrow('no');
    expect(waits()).toEqual([]);
  });

  test('gives the result of `late` when the time is over, and ignores a later error', async () => {
    const { clock, pass } = manualClock();
    const work = Promise.withResolvers<string>();
    const result = within({ clock, limitMs: 1_000 }, work.promise, late);
    pass();
    expect(await result).toBe('late');
    work.reject(new Error('ignored'));
  });

  test('rejects as `late`', async () => {
    const { clock, pass } = manualClock();
    const result = within({ clock, limitMs: 1_000 }, never, () => {
      throw new Error('too slow');
    });
    pass();
    await expect(result).rejects.toThrow('too slow');
  });

  test('calls `late` at most once, and only if the work is late', async () => {
    const { clock } = manualClock();
    let calls = 0;
    await within({ clock, limitMs: 1_000 }, Promise.resolve(), () => {
      calls += 1;
    });
    await new Promise(setImmediate);
    expect(calls).toBe(0);
  });

  test('ends when the signal is aborted, also before the wait', async () => {
    const { clock, waits } = manualClock();
    const stop = new AbortController();
    const limit = { clock, limitMs: 60_000, signal: stop.signal };
    const result = within(limit, never, late);
    stop.abort();
    expect(await result).toBe('late');
    expect(await within(limit, never, late)).toBe('late');
    expect(waits()).toEqual([]);
  });
});

describe('settlesWithin', () => {
  test('tells whether work resolves or rejects in time', async () => {
    const { clock, pass } = manualClock();
    const limit = { clock, limitMs: 1_000 };
    expect(await settlesWithin(limit, Promise.resolve())).toBe(true);
    expect(await settlesWithin(limit, Promise.reject(new Error('no')))).toBe(true);
    const hanging = settlesWithin(limit, never);
    pass();
    expect(await hanging).toBe(false);
  });
});

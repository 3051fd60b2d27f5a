import { describe, expect, test } from 'vitest';
import { openReloaded, type Patience } from '../../src/api/reloaded.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { silentLog } from '../../src/core/log.ts';

const IDLE_MS = 60_000;

/** A value that was loaded once, a minute ago. Later loads end when `answer` or `fail` is called. */
async function openIdle() {
  const time = { ms: 0 };
  const slept: number[] = [];
  const loads: PromiseWithResolvers<string>[] = [];
  const clock = {
    ...systemClock,
    monotonicMs: () => time.ms,
    // A second passes immediately.
    sleep: async (ms: number) => {
      slept.push(ms);
      time.ms += ms;
    },
  };
  let first: string | null = 'old';
  const load = () => {
    const next = Promise.withResolvers<string>();
    if (first !== null) next.resolve(first);
    else loads.push(next);
    first = null;
    return next.promise;
  };
  const value = openReloaded(load, { clock, log: silentLog });
  expect(await value.get('full')).toBe('old');
  time.ms += IDLE_MS;
  return { value, loads, slept, time };
}

const settled = async (promise: Promise<string>) => {
  let result: string | null = null;
  void promise.then((value) => {
    result = value;
  });
  await new Promise(setImmediate);
  return () => result;
};

describe('openReloaded', () => {
  test('waits a second for a server that hangs, and then uses the older value without waiting', async () => {
    const { value, loads, slept } = await openIdle();
    expect([await value.get('brief'), await value.get('brief'), await value.get('brief')]).toEqual([
      'old',
      'old',
      'old',
    ]);
    expect(slept).toEqual([1_000, 0, 0]);
    // All of them waited for the same load.
    expect(loads.length).toBe(1);
    loads[0]?.resolve('new');
    await new Promise(setImmediate);
    expect(await value.get('brief')).toBe('new');
  });

  test('waits for the current value with full patience, while others use the older one', async () => {
    const { value, loads } = await openIdle();
    const full = await settled(value.get('full'));
    expect([await value.get('brief'), full()]).toEqual(['old', null]);
    loads[0]?.resolve('new');
    await new Promise(setImmediate);
    expect(full()).toBe('new');
  });

  test.each<Patience>(['brief', 'full'])('keeps the older value if it cannot be loaded (%s)', async (patience) => {
    const { value, loads } = await openIdle();
    const used = value.get(patience);
    loads[0]?.reject(new Failure('OFFLINE_UNAVAILABLE', 'away'));
    expect(await used).toBe('old');
  });
});

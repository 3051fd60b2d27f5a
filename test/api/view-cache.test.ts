import { describe, expect, test } from 'vitest';
import { openViewCache } from '../../src/api/view-cache.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Database } from '../../src/postgres/database.ts';

/** A cache whose look-ups stay open until the test settles them. */
function world() {
  let now = 0;
  const loads: PromiseWithResolvers<never[]>[] = [];
  const query = async (statement: string) => {
    if (!statement.includes('millrace.view')) return [];
    const load = Promise.withResolvers<never[]>();
    loads.push(load);
    return load.promise;
  };
  const cache = openViewCache({
    database: { query } as unknown as Database, // only its queries are used
    clock: { ...systemClock, monotonicMs: () => now },
    log: silentLog,
    defined: [],
  });
  return {
    cache,
    loads,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

const begun = () => new Promise(setImmediate);

describe('openViewCache', () => {
  test('reads doubted views again, at most once a second, while other uses do not wait', async () => {
    const { cache, loads, pass } = world();
    const first = cache.all();
    await begun();
    loads[0]?.resolve([]);
    const before = await first;
    const doubts = Promise.all([cache.doubt(), cache.doubt()]);
    await begun();
    expect([(await cache.all()) === before, loads.length]).toEqual([true, 2]);
    loads[1]?.resolve([]);
    await doubts;
    const after = await cache.all();
    expect(after).not.toBe(before);
    pass(999);
    await cache.doubt();
    expect(loads.length).toBe(2);
    pass(1);
    const again = cache.doubt();
    await begun();
    loads[2]?.reject(new Failure('OFFLINE_UNAVAILABLE', 'away'));
    await again;
    expect([(await cache.all()) === after, loads.length]).toEqual([true, 3]);
  });
});

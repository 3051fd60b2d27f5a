import { describe, expect, test } from 'vitest';
import { systemClock } from '../src/core/clock.ts';
import { Failure } from '../src/core/failure.ts';
import type { FeatureView } from '../src/definition/view.ts';
import { keptViews } from '../src/reader-views.ts';
import { view } from './support/views.ts';

const MINUTE = 60_000;

/** Views whose look-ups stay open until the test settles them. */
function world(sleep = systemClock.sleep) {
  let now = 1_000;
  const loads: PromiseWithResolvers<FeatureView>[] = [];
  const clock = { ...systemClock, sleep, monotonicMs: () => now };
  const { viewOf, doubtedViewOf, forget } = keptViews(() => {
    const load = Promise.withResolvers<FeatureView>();
    loads.push(load);
    return load.promise;
  }, clock);
  return {
    viewOf,
    doubtedViewOf,
    forget,
    loads,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

const [OLD, NEW] = [view({ name: 'spend', ttlMs: 1 }), view({ name: 'spend', ttlMs: 2 })];
const AWAY = new Failure('OFFLINE_UNAVAILABLE', 'away');

describe('keptViews', () => {
  test('looks a view up once for concurrent first uses', async () => {
    const { viewOf, loads } = world();
    const both = Promise.all([viewOf('spend'), viewOf('spend')]);
    loads[0]?.resolve(OLD);
    expect([await both, loads.length]).toEqual([[OLD, OLD], 1]);
  });

  test('looks a view that is doubted up again, at most once a second', async () => {
    const { viewOf, doubtedViewOf, loads, pass } = world();
    const first = viewOf('spend');
    loads[0]?.resolve(OLD);
    await first;
    const both = Promise.all([doubtedViewOf('spend'), doubtedViewOf('spend')]);
    loads[1]?.resolve(NEW);
    expect([await both, loads.length]).toEqual([[NEW, NEW], 2]);
    pass(999);
    expect([await doubtedViewOf('spend'), loads.length]).toEqual([NEW, 2]);
    pass(1);
    const again = doubtedViewOf('spend');
    loads[2]?.reject(AWAY);
    expect([await again, loads.length]).toEqual([NEW, 3]);
  });

  test('waits for at most a second for a view that is doubted', async () => {
    // A second passes immediately.
    const { viewOf, doubtedViewOf, loads } = world(async () => undefined);
    const first = viewOf('spend');
    loads[0]?.resolve(OLD);
    await first;
    expect([await doubtedViewOf('spend'), loads.length]).toEqual([OLD, 2]);
    loads[1]?.resolve(NEW);
    await loads[1]?.promise;
    expect(await viewOf('spend')).toBe(NEW);
  });

  test('does not wait for later look-ups, and shares them', async () => {
    const { viewOf, loads, pass } = world();
    const first = viewOf('spend');
    loads[0]?.resolve(OLD);
    await first;
    pass(MINUTE - 1);
    expect([await viewOf('spend'), loads.length]).toEqual([OLD, 1]);
    pass(1);
    expect([await viewOf('spend'), await viewOf('spend'), loads.length]).toEqual([OLD, OLD, 2]);
    loads[1]?.resolve(NEW);
    await loads[1]?.promise;
    expect([await viewOf('spend'), loads.length]).toEqual([NEW, 2]);
  });

  test('waits for a look-up after a pause of five minutes, and uses the last definition if it fails', async () => {
    const { viewOf, loads, pass } = world();
    const first = viewOf('spend');
    loads[0]?.resolve(OLD);
    await first;
    pass(5 * MINUTE);
    const second = viewOf('spend');
    loads[1]?.resolve(NEW);
    expect(await second).toBe(NEW);
    pass(5 * MINUTE);
    const third = viewOf('spend');
    loads[2]?.reject(AWAY);
    expect([await third, await viewOf('spend'), loads.length]).toEqual([NEW, NEW, 3]);
  });

  test.each([new Failure('NOT_FOUND', 'gone'), new TypeError('a bug')])(
    'forgets a view whose look-up fails with %s',
    async (error) => {
      const { viewOf, loads, pass } = world();
      const first = viewOf('spend');
      loads[0]?.resolve(OLD);
      await first;
      pass(MINUTE);
      expect(await viewOf('spend')).toBe(OLD);
      loads[1]?.reject(error);
      await expect(loads[1]?.promise).rejects.toBe(error);
      const next = viewOf('spend');
      loads[2]?.reject(error);
      await expect(next).rejects.toBe(error);
    },
  );

  test('looks a forgotten view up again, also if a look-up had begun before', async () => {
    const { viewOf, forget, loads } = world();
    const before = viewOf('spend');
    forget(['spend']);
    const after = viewOf('spend');
    loads[0]?.resolve(OLD);
    loads[1]?.resolve(NEW);
    expect([await before, await after, loads.length]).toEqual([OLD, NEW, 2]);
    expect([await viewOf('spend'), loads.length]).toEqual([NEW, 2]);
  });
});

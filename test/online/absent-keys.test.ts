// Keys that were deleted or evicted never come back with an old row, after any publish.

import { describe, expect, test } from 'vitest';
import { beginSnapshot, endSnapshot, rowsOfRange } from '../../src/offline/newest.ts';
import { writePast } from '../../src/online/past.ts';
import { openGuard } from '../../src/online/writing/guard.ts';
import { rowRangeOf } from '../../src/rows/row-range.ts';
import { days, eventsView, type OnlineWorld, onDay, openOnlineWorld, type Row } from './world.ts';

const NOTHING = { written: 0, unchanged: 0, older: 0, refused: 0, removed: 0 };
const micros = (iso: string) => String(Date.parse(iso) * 1_000);

/** A world where day 1 has the rows `old`, and day 5 newer ones of `a` and `b`; all published. */
async function openWorld(view = eventsView()): Promise<OnlineWorld> {
  const world = await openOnlineWorld(view);
  await world.commit(days(1), [
    ['a', onDay(1, 10), '1'],
    ['b', onDay(1, 10), '1'],
    ['old', onDay(1, 10), '1'],
  ]);
  await world.commit(days(5), [
    ['a', onDay(5, 10), '5'],
    ['b', onDay(5, 10), '5'],
  ]);
  await world.workOffDebt();
  return world;
}

const restated: Row[] = [
  ['a', onDay(1, 10), '2'],
  ['b', onDay(1, 10), '2'],
  ['old', onDay(1, 10), '2'],
];
const NEWEST = {
  a: { _ts: micros(onDay(5, 10)), amount: '5' },
  b: { _ts: micros(onDay(5, 10)), amount: '5' },
  old: { _ts: micros(onDay(1, 10)), amount: '2' },
};
const onlineOf = async (world: OnlineWorld) => Object.fromEntries(await world.onlineRows());

describe('publishing a span after which others are covered', () => {
  test('brings an absent key back with the newest row of all', async () => {
    await using world = await openWorld();
    await world.redis('DEL', 'mr:orders:a', 'mr:orders:old');
    const published = await world.publish(await world.commit(days(1), restated));
    expect(published?.counts).toEqual({ ...NOTHING, written: 2, older: 1 });
    expect(await onlineOf(world)).toEqual(NEWEST);
  });

  test('does so for snapshots, whose rows lie at the end of their span', async () => {
    await using world = await openOnlineWorld(eventsView({ kind: 'snapshot' }));
    await world.publish(await world.commit(days(1), [['a', onDay(2), '1']]));
    await world.publish(await world.commit(days(2), [['a', onDay(3), '2']]));
    await world.redis('DEL', 'mr:orders:a');
    await world.publish(await world.commit(days(1), [['a', onDay(2), '1.5']]));
    expect(await onlineOf(world)).toEqual({ a: { _ts: micros(onDay(3)), amount: '2' } });
  });

  test('does so where the newer row is committed and not published', async () => {
    await using world = await openWorld();
    const newer = await world.commit(days(6), [['a', onDay(6), '6']]);
    await world.redis('DEL', 'mr:orders:a');
    await world.publish(await world.commit(days(1), restated));
    const newest = { ...NEWEST, a: { _ts: micros(onDay(6)), amount: '6' } };
    expect(await onlineOf(world)).toEqual(newest);
    expect((await world.publish(newer))?.counts).toEqual({ ...NOTHING, unchanged: 1 });
    expect(await onlineOf(world)).toEqual(newest);
  });

  test('does so where a tombstone is all that is left of the key', async () => {
    await using world = await openWorld();
    await world.redis('DEL', 'mr:orders:a');
    await world.redis('HSET', 'mr:orders:a', '_rev', '1');
    await world.publish(await world.commit(days(1), restated));
    expect(await onlineOf(world)).toEqual(NEWEST);
  });

  test('leaves out an entity whose newest row is gone, and gives it the one before', async () => {
    await using world = await openWorld();
    await world.redis('DEL', 'mr:orders:a', 'mr:orders:b');
    await world.commit(days(5), [['b', onDay(5, 10), '5']]);
    await world.commit(days(1), restated);
    await world.workOffDebt();
    expect(await onlineOf(world)).toEqual({ ...NEWEST, a: { _ts: micros(onDay(1, 10)), amount: '2' } });
  });

  test('brings no row back that is past its ttl', async () => {
    await using world = await openWorld(eventsView({ ttlMs: 3 * 86_400_000 }));
    await world.setNow(onDay(6));
    await world.redis('DEL', 'mr:orders:a', 'mr:orders:b', 'mr:orders:old');
    const published = await world.publish(await world.commit(days(1), restated));
    expect(published?.counts).toEqual({ ...NOTHING, unchanged: 3 });
    expect(await onlineOf(world)).toEqual({});
  });

  test('publishes the newest of several spans first, so that each key is written once', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(3), [['kept', onDay(3), '3']]));
    for (const day of [1, 2, 4, 6]) await world.commit(days(day), [['a', onDay(day), String(day)]]);
    const published = await world.workOffDebt();
    expect(published?.counts).toEqual({ ...NOTHING, written: 1, older: 1 });
    expect(await onlineOf(world)).toMatchObject({ a: { amount: '6' }, kept: { amount: '3' } });
  });

  test('looks all entities up that come after more absent keys than it remembers', async () => {
    await using world = await openOnlineWorld();
    const ids = Array.from({ length: 40 }, (_, index) => `e${String(index).padStart(2, '0')}`);
    const rowsOf = (day: number) => ids.map((id): Row => [id, onDay(day), String(day)]);
    await world.commit(days(1), rowsOf(1));
    await world.publish(await world.commit(days(5), rowsOf(5)));
    for (const id of ids.slice(0, 30)) await world.redis('DEL', `mr:orders:${id}`);
    const { generation } = (
      await world.database.query<{ generation: number }>('select generation from millrace.online_store')
    )[0] ?? { generation: 0 };
    const signal = new AbortController().signal;
    const written = await world.database.session(async (session) => {
      const query = {
        session,
        view: world.view,
        now: await beginSnapshot(session, world.view, { sameColumns: null }),
        batchRows: 5,
        shown: null,
      };
      const guard = await openGuard(world.online, { view: world.view, number: 2, generation });
      const done = await writePast({ guard, signal }, query, rowsOfRange(rowRangeOf('events', days(1))), 5);
      await endSnapshot(session);
      return done;
    });
    expect(written.counts).toEqual({ ...NOTHING, written: 30, older: 10 });
    expect(Object.values(await onlineOf(world)).map(({ amount }) => amount)).toEqual(ids.map(() => '5'));
  });
});

describe('publishing a run of a view of kind latest', () => {
  test('brings an absent key back with the newest row of all, also where the run brought an older one', async () => {
    await using world = await openOnlineWorld(eventsView({ kind: 'latest' }));
    await world.publish(
      await world.commit(null, [
        ['a', onDay(5), '5'],
        ['b', onDay(5), '5'],
      ]),
    );
    await world.redis('DEL', 'mr:orders:a');
    const run = await world.commit(null, [
      ['a', onDay(1), '1'],
      ['b', onDay(1), '1'],
      ['c', onDay(1), '1'],
    ]);
    expect((await world.publish(run))?.counts).toEqual({ ...NOTHING, written: 2, older: 1 });
    expect(await onlineOf(world)).toMatchObject({ a: { amount: '5' }, b: { amount: '5' }, c: { amount: '1' } });
  });
});

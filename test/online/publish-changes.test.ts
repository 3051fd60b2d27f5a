// A repeat of a published span sends the rows that it changed, and nothing else.

import { describe, expect, test } from 'vitest';
import type { Published } from '../../src/online/publication.ts';
import { requestRebuild } from '../../src/state/publishing/online-store.ts';
import { days, eventsView, onDay, openOnlineWorld, type Row } from './world.ts';

const NOTHING = { written: 0, unchanged: 0, older: 0, refused: 0, removed: 0 };
const entities = Array.from({ length: 20 }, (_, index) => `e${String(index).padStart(2, '0')}`);

/** A row of each entity on a day, those of `changes` with other values. */
function rowsOf(day: number, changes: Readonly<Record<string, string>> = {}): Row[] {
  return entities.map((id) => [id, onDay(day), changes[id] ?? String(day)]);
}

function rowsSent(published: Published | null): number {
  return Object.values(published?.counts ?? {}).reduce((sum, rows) => sum + rows, 0);
}

describe('publishing a span again', () => {
  test('sends nothing where nothing has changed', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(1), rowsOf(1)));
    const published = await world.publish(await world.commit(days(1), rowsOf(1)));
    expect(published).toMatchObject({ number: 2, spans: [days(1)], counts: NOTHING });
    expect(await world.workOffDebt()).toMatchObject({ spans: [], counts: NOTHING });
  });

  test('sends one row per changed row, of the newest span and of an older one', async () => {
    await using world = await openOnlineWorld();
    for (const day of [1, 2]) await world.publish(await world.commit(days(day), rowsOf(day)));
    const newest = await world.publish(await world.commit(days(2), rowsOf(2, { e03: '2.5', e07: '2.5' })));
    expect(newest?.counts).toEqual({ ...NOTHING, written: 2 });
    const older = await world.publish(await world.commit(days(1), rowsOf(1, { e05: '1.5' })));
    expect(older?.counts).toEqual({ ...NOTHING, unchanged: 1 });
    const online = await world.onlineRows();
    expect(entities.map((id) => online.get(id)?.['amount'])).toEqual(
      entities.map((id) => (id === 'e03' || id === 'e07' ? '2.5' : '2')),
    );
  });

  test('sends a new row once, whether or not its entity has newer ones', async () => {
    await using world = await openOnlineWorld();
    for (const day of [1, 2]) await world.publish(await world.commit(days(day), rowsOf(day)));
    const more: Row[] = [
      ['new', onDay(1), '1'],
      ['e00', onDay(1, 5), '1'],
    ];
    const published = await world.publish(await world.commit(days(1), [...rowsOf(1), ...more]));
    expect(published?.counts).toEqual({ ...NOTHING, written: 1, unchanged: 1 });
  });

  test('sends the changes of snapshots, whose rows lie at the end of their span', async () => {
    await using world = await openOnlineWorld(eventsView({ kind: 'snapshot' }));
    for (const day of [1, 2]) await world.publish(await world.commit(days(day), rowsOf(day + 1)));
    const published = await world.publish(await world.commit(days(2), rowsOf(3, { e01: '9' })));
    expect(published?.counts).toEqual({ ...NOTHING, written: 1 });
  });

  test('brings a deleted key back with the newest row of all', async () => {
    await using world = await openOnlineWorld();
    for (const day of [1, 2]) await world.publish(await world.commit(days(day), rowsOf(day)));
    await world.redis('DEL', 'mr:orders:e05');
    await world.publish(await world.commit(days(1), rowsOf(1, { e05: '1.5' })));
    expect((await world.onlineRows()).get('e05')).toMatchObject({ amount: '2' });
  });

  test('sends the changes of several runs in one publish of the debt', async () => {
    await using world = await openOnlineWorld();
    for (const day of [1, 2, 3]) await world.publish(await world.commit(days(day), rowsOf(day)));
    await world.commit(days(1), rowsOf(1, { e01: '1.5' }));
    await world.commit(days(3), rowsOf(3, { e02: '3.5' }));
    expect((await world.workOffDebt())?.counts).toEqual({ ...NOTHING, written: 1, unchanged: 1 });
    expect(await world.workOffDebt()).toMatchObject({ spans: [], counts: NOTHING });
  });

  test('writes each of many rows of an entity at most once', async () => {
    await using world = await openOnlineWorld();
    const fifty = entities.flatMap((id) => Array.from({ length: 50 }, (_, at): Row => [id, onDay(1, at), String(at)]));
    expect((await world.publish(await world.commit(days(1), fifty)))?.counts).toEqual({ ...NOTHING, written: 20 });
    const changed = fifty.map(([id, time, value]): Row => [id, time, `${value}5`]);
    expect((await world.publish(await world.commit(days(1), changed)))?.counts).toEqual({ ...NOTHING, written: 20 });
    const some = changed.map(([id, time, value], index): Row => [id, time, index < 100 ? `${value}5` : String(value)]);
    expect((await world.publish(await world.commit(days(1), some)))?.counts).toEqual({ ...NOTHING, written: 2 });
  });
});

describe('publishing a span again sends all of it', () => {
  test('where a part of it was not published yet', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(1), rowsOf(1)));
    await world.commit(days(2), rowsOf(2));
    const both = await world.commit(days(1, 3), [...rowsOf(1), ...rowsOf(2, { e01: '9' })]);
    expect(rowsSent(await world.publish(both))).toBe(entities.length);
    expect(await world.workOffDebt()).toMatchObject({ spans: [], counts: NOTHING });
  });

  test('where a rebuild was due when it was committed', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(1), rowsOf(1)));
    await requestRebuild(world.database, [world.viewId], 'command');
    expect(rowsSent(await world.publish(await world.commit(days(1), rowsOf(1))))).toBe(entities.length);
  });

  test('where a later commit has touched it before it was published', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(1), rowsOf(1)));
    const first = await world.commit(days(1), rowsOf(1, { e01: '9' }));
    const second = await world.commit(days(1), rowsOf(1, { e02: '9' }));
    expect(rowsSent(await world.publish(first))).toBe(entities.length);
    // The first publish has read the rows of both.
    expect(rowsSent(await world.publish(second))).toBe(0);
    const online = await world.onlineRows();
    expect([online.get('e01'), online.get('e02')]).toMatchObject([{ amount: '1' }, { amount: '9' }]);
    expect(await world.workOffDebt()).toMatchObject({ spans: [], counts: NOTHING });
  });
});

// Reports of readers and verify about keys that another program has overwritten.

import { describe, expect, test } from 'vitest';
import { newestColumns, withoutRows } from '../../src/offline/newest.ts';
import { compareBatch } from '../../src/online/compare.ts';
import { readOnline } from '../../src/online/read.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { type VerifyOptions, verifyView } from '../../src/online/verify.ts';
import { feature } from '../support/views.ts';
import { days, eventsView, type OnlineWorld, onDay, openOnlineWorld } from './world.ts';

const ENTITIES = ['a', 'b', 'c', 'd', 'e', 'f'];
const micros = (iso: string) => Date.parse(iso) * 1_000;

async function openWorld(): Promise<OnlineWorld> {
  const world = await openOnlineWorld();
  await world.publish(
    await world.commit(
      days(0),
      ENTITIES.map((entity) => [entity, onDay(0), '1']),
    ),
  );
  return world;
}

const verify = ({ database, online, view, publisher: { signal } }: OnlineWorld, extra: Partial<VerifyOptions> = {}) =>
  verifyView({ database, online, view, signal, ...extra });

describe('readOnline', () => {
  test('fails with a sentence that names the key of another type, and reads the others', async () => {
    await using world = await openWorld();
    await world.redis('DEL', 'mr:orders:b');
    await world.redis('RPUSH', 'mr:orders:b', 'secret');
    await expect(readOnline(world.online, [world.view], ['a', 'b'])).rejects.toMatchObject({
      code: 'ONLINE_DAMAGED',
      message:
        'The key mr:orders:b of the online store cannot be read as a row of orders, because its key holds a list instead of a hash: another program has written to it. Restore its newest offline row with "millrace rebuild orders".',
    });
    const found = await readOnline(world.online, [world.view], ['a', 'c']);
    expect([...found].map(([entity, rows]) => [entity, rows['orders']?.values])).toEqual([
      ['a', { amount: 1 }],
      ['c', { amount: 1 }],
    ]);
  });

  test.each([
    ['_ts', 'abc', '_ts is not an event time'],
    ['_ts', '', '_ts is not an event time'],
    ['_ts', '9007199254740991', '_ts is not an event time'],
    ['amount', 'secret', 'amount is not of type float'],
    ['amount', '', 'amount is not of type float'],
    ['amount', 'Infinity', 'amount is not of type float'],
  ])('says that %s is %j, without the value', async (name, value, why) => {
    await using world = await openWorld();
    await world.redis('HSET', 'mr:orders:b', name, value);
    const message = `because ${why}: another program`;
    await expect(readOnline(world.online, [world.view], ENTITIES)).rejects.toMatchObject({
      code: 'ONLINE_DAMAGED',
      message: expect.stringContaining(message),
    });
  });

  test('fails for each type whose text is not one of it', async () => {
    const types = ['int', 'bool', 'json', 'vector(2)', 'decimal'] as const;
    const view = eventsView({ features: types.map((type, index) => feature(`x${index}`, type)) });
    await using world = await openOnlineWorld(view);
    const row: [string, string, ...string[]] = ['a', onDay(0), '1', 'true', '{"a":1}', '{1,2}', '0.50'];
    await world.publish(await world.commit(days(0), [row]));
    for (const index of types.keys()) {
      const text = await world.redis('HGET', 'mr:orders:a', `x${index}`);
      await world.redis('HSET', 'mr:orders:a', `x${index}`, '1e');
      await expect(readOnline(world.online, [view], ['a'])).rejects.toMatchObject({ code: 'ONLINE_DAMAGED' });
      await world.redis('HSET', 'mr:orders:a', `x${index}`, String(text));
    }
    expect((await readOnline(world.online, [view], ['a'])).get('a')?.['orders']?.values).toEqual({
      x0: 1n,
      x1: true,
      x2: { a: 1 },
      x3: [1, 2],
      x4: '0.50',
    });
  });
});

describe('verifyView', () => {
  test('names each key that cannot be read, and compares the others', async () => {
    await using world = await openWorld();
    await world.redis('DEL', 'mr:orders:a', 'mr:orders:f');
    await world.redis('SET', 'mr:orders:a', 'x');
    await world.redis('HSET', 'mr:orders:b', '_ts', 'abc');
    await world.redis('HSET', 'mr:orders:c', '_rev', '9007199254740991');
    await world.redis('HDEL', 'mr:orders:d', '_rev');
    await world.redis('SADD', 'mr:orders:stranger', 'x');
    await world.redis('SET', 'mr:orders:un\0storable', 'x');
    const { total, differences } = await verify(world);
    expect(total).toBe(7);
    const named = differences.map(({ entityId, kind, key, why }) => [entityId, kind, key, why]);
    expect(named.sort(([one], [other]) => ((one ?? '') < (other ?? '') ? -1 : 1))).toEqual([
      ['a', 'unreadable', 'mr:orders:a', 'its key holds a string instead of a hash'],
      ['b', 'unreadable', 'mr:orders:b', 'its _ts is not an event time'],
      ['c', 'unreadable', 'mr:orders:c', 'its _rev is not a publish number'],
      ['d', 'unreadable', 'mr:orders:d', 'it has no _rev'],
      ['f', 'missing', undefined, undefined],
      ['stranger', 'unreadable', 'mr:orders:stranger', 'its key holds a set instead of a hash'],
      ['un\0storable', 'unreadable', 'mr:orders:un\0storable', 'its key holds a string instead of a hash'],
    ]);
    expect(differences.find(({ entityId }) => entityId === 'a')).toMatchObject({
      offlineTime: micros(onDay(0)),
      onlineTime: null,
    });
    expect((await verify(world, { sample: 6 })).total).toBeGreaterThan(4);
    await rebuildView(world.publisher);
    expect(await verify(world)).toMatchObject({ total: 0, differences: [] });
  });
});

describe('the limit of _rev', () => {
  // One publish has begun, so the next one has number 2.
  test.each([
    ['1000000002', null],
    ['1000000003', 'unreadable'],
    ['999999999999999', 'unreadable'],
    ['1000000000000000', 'unreadable'],
    ['0', null],
    ['-0', 'unreadable'],
    ['1e3', 'unreadable'],
    ['0x10', 'unreadable'],
    [' 1', 'unreadable'],
  ])('is the same for verify and for the publish that repairs: %s', async (number, kind) => {
    await using world = await openWorld();
    await world.redis('HSET', 'mr:orders:a', '_rev', number);
    expect((await verify(world)).differences.map((one) => one.kind)).toEqual(kind === null ? [] : [kind]);
    const restated = await world.commit(days(0), [['a', onDay(0), '1.5']]);
    const isRefused = await world.publish(restated).then(
      () => false,
      () => true,
    );
    expect(isRefused).toBe(number === '1000000002');
    await rebuildView(world.publisher);
    expect((await verify(world)).total).toBe(0);
  });
});

describe('compareBatch', () => {
  test('reads a batch of which no key is a hash, and an empty one', async () => {
    await using world = await openWorld();
    await world.redis('SET', 'mr:orders:x', 'x');
    const compared = (ids: string[]) =>
      compareBatch(
        { ...world, numberMax: 1 },
        newestColumns(world.view, withoutRows(world.view, ids)),
        world.publisher.signal,
      );
    expect(await compared(['x'])).toMatchObject([{ entityId: 'x', kind: 'unreadable' }]);
    expect(await compared([])).toEqual([]);
  });
});

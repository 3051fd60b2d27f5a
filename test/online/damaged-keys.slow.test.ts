// Keys of the online store that another program has overwritten: each is replaced by the newest offline row, and none
// stops its view.

import { describe, expect, test } from 'vitest';
import { rebuildView } from '../../src/online/rebuild.ts';
import { checkSentinel } from '../../src/online/sentinel/check-sentinel.ts';
import { days, eventsView, type OnlineWorld, onDay, openOnlineWorld } from './world.ts';

const KEY = 'mr:orders:a';
const SENTINEL = 'mr:_sentinel';
const micros = (iso: string) => String(Date.parse(iso) * 1_000);

type Damage = (world: OnlineWorld) => Promise<unknown>;
const asType =
  (...command: [string, ...string[]]): Damage =>
  async (world) => {
    await world.redis('DEL', KEY);
    await world.redis(...command);
  };
const setField =
  (name: string, value: string): Damage =>
  (world) =>
    world.redis('HSET', KEY, name, value);

const DAMAGES: readonly (readonly [string, Damage])[] = [
  ['is a string', asType('SET', KEY, 'x')],
  ['is a list', asType('RPUSH', KEY, 'x')],
  ['is a set', asType('SADD', KEY, 'x')],
  ['is a sorted set', asType('ZADD', KEY, '1', 'x')],
  ['is a stream', asType('XADD', KEY, '*', 'x', '1')],
  ['has no _rev', (world) => world.redis('HDEL', KEY, '_rev')],
  ['has a feature alone', (world) => world.redis('HDEL', KEY, '_rev', '_ts')],
  ['has no _ts', (world) => world.redis('HDEL', KEY, '_ts')],
  ...['', 'abc', 'nan', 'inf', '-1', '9007199254740991', '9007199254740993', '1e300'].map(
    (value) => [`has the _rev ${JSON.stringify(value)}`, setField('_rev', value)] as const,
  ),
  ...['', 'abc', 'nan', '-inf', '1.5', '9007199254740991', '-9007199254740991', '1e300'].map(
    (value) => [`has the _ts ${JSON.stringify(value)}`, setField('_ts', value)] as const,
  ),
];

/** Rows of `a` and `b` on day 1, and newer ones on day 5; all published. */
async function openWorld(view = eventsView()): Promise<OnlineWorld> {
  const world = await openOnlineWorld(view);
  for (const day of [1, 5]) {
    await world.publish(
      await world.commit(days(day), [
        ['a', onDay(day), String(day)],
        ['b', onDay(day), String(day)],
      ]),
    );
  }
  return world;
}

const both = (day: number, amount: string) => {
  const row = { _ts: micros(onDay(day)), amount };
  return { a: row, b: row };
};
const onlineOf = async (world: OnlineWorld) => Object.fromEntries(await world.onlineRows());
const restate = (world: OnlineWorld, day: number, amount: string) =>
  world.commit(days(day), [
    ['a', onDay(day), amount],
    ['b', onDay(day), amount],
  ]);

describe('a damaged key', () => {
  test('is replaced by a publish of any span, and by a rebuild', async () => {
    await using world = await openWorld();
    for (const [index, [name, damage]] of DAMAGES.entries()) {
      // Only changed rows are published again.
      const [first, second] = [`${index}.5`, `${index}.75`];
      await world.publish(await restate(world, 5, first));
      await damage(world);
      await world.publish(await restate(world, 1, first));
      expect(await onlineOf(world), `${name}, an older span published`).toEqual(both(5, first));
      await damage(world);
      await world.publish(await restate(world, 5, second));
      expect(await onlineOf(world), `${name}, the newest span published`).toEqual(both(5, second));
      await damage(world);
      await rebuildView(world.publisher);
      expect(await onlineOf(world), `${name}, rebuilt`).toEqual(both(5, second));
    }
  });

  test('goes where its entity has no row, or none within its ttl', async () => {
    await using world = await openWorld(eventsView({ ttlMs: 3 * 86_400_000 }));
    const gone = [...DAMAGES.slice(0, 3), ...DAMAGES.slice(-3)];
    for (const [index, [name, damage]] of gone.entries()) {
      await world.setNow(onDay(5, 60));
      await world.publish(await restate(world, 5, `${index}.5`));
      await damage(world);
      await world.setNow(onDay(9));
      await world.publish(await restate(world, 1, `${index}.5`));
      expect([await world.redis('TYPE', KEY), await world.redis('HKEYS', KEY)], name).toEqual(['hash', ['_rev']]);
    }
    await world.setNow(onDay(5, 60));
    await world.commit(days(1), [['b', onDay(1), '1']]);
    const run = await world.commit(days(5), [['b', onDay(5), '5']]);
    await world.redis('DEL', KEY);
    await world.redis('SET', KEY, 'x');
    await world.publish(run);
    expect(await world.redis('HKEYS', KEY)).toEqual(['_rev']);
    await world.redis('SET', 'mr:orders:stranger', 'x');
    await rebuildView(world.publisher);
    expect(await world.redis('HKEYS', 'mr:orders:stranger')).toEqual(['_rev']);
  });

  test('is rebuilt in one go whose number is of another life, however great', async () => {
    await using world = await openWorld();
    await world.redis('HSET', KEY, '_rev', '900000000');
    await expect(world.publish(await restate(world, 5, '6'))).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    expect((await rebuildView(world.publisher))?.number).toBeGreaterThan(900_000_000);
    expect(await onlineOf(world)).toEqual(both(5, '6'));
    await world.redis('HSET', KEY, '_rev', '1900000000', 'amount', '7');
    expect((await rebuildView(world.publisher))?.counts).toMatchObject({ written: 1, refused: 0 });
    expect(await onlineOf(world)).toEqual(both(5, '6'));
  });

  test('loses the fields that are not ours when it is rebuilt', async () => {
    await using world = await openWorld();
    await world.redis('DEL', KEY);
    await world.redis('HSET', KEY, 'colour', 'red');
    await rebuildView(world.publisher);
    expect(await onlineOf(world)).toEqual(both(5, '5'));
  });
});

const SENTINEL_DAMAGES: readonly (readonly [string, ...(readonly [string, ...string[]])[]])[] = [
  ['is a string', ['DEL', SENTINEL], ['SET', SENTINEL, 'x']],
  ['is a list', ['DEL', SENTINEL], ['RPUSH', SENTINEL, 'x']],
  ['was deleted', ['DEL', SENTINEL]],
  ...['', 'abc', 'nan', '-1', '9007199254740993', '99999999999999999999'].flatMap((value) =>
    ['generation', 'view:orders', 'fence:orders'].map(
      (field) => [`has ${field} ${JSON.stringify(value)}`, ['HSET', SENTINEL, field, value]] as const,
    ),
  ),
];

describe('a damaged sentinel', () => {
  test('is replaced, and what was in doubt rebuilt', async () => {
    await using world = await openWorld();
    for (const [name, ...commands] of SENTINEL_DAMAGES) {
      for (const command of commands) await world.redis(...command);
      await world.redis('DEL', KEY);
      expect((await checkSentinel(world)).due, name).toMatchObject([{ name: 'orders' }]);
      await rebuildView(world.publisher);
      expect(await onlineOf(world), name).toEqual(both(5, '5'));
      expect(await checkSentinel(world), name).toMatchObject({ reason: null, due: [] });
    }
    const [view] = await world.database.query<{ number: number }>('select publish_number as number from millrace.view');
    expect(view?.number).toBeLessThan(100);
  });

  test('stops no publish', async () => {
    await using world = await openWorld();
    for (const [index, [name, ...commands]] of SENTINEL_DAMAGES.entries()) {
      for (const command of commands) await world.redis(...command);
      await world.publish(await restate(world, 5, String(index)));
      expect(await onlineOf(world), name).toEqual(both(5, String(index)));
      await checkSentinel(world);
      await rebuildView(world.publisher);
      expect(await checkSentinel(world), name).toMatchObject({ reason: null, due: [] });
    }
  });

  test('stops the publish that is under way, and not the next one', async () => {
    await using world = await openWorld();
    const run = await restate(world, 5, '6');
    let isDamaged = false;
    const redis = {
      ...world.online.redis,
      script: async (...call: Parameters<OnlineWorld['online']['redis']['script']>) => {
        if (!isDamaged) await world.redis('SET', SENTINEL, 'x');
        isDamaged = true;
        return world.online.redis.script(...call);
      },
    };
    const publisher = { ...world.publisher, online: { ...world.online, redis } };
    await expect(rebuildView(publisher)).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    await world.publish(run);
    expect(await onlineOf(world)).toEqual(both(5, '6'));
  });
});

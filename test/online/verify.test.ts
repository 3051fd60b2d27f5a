import { describe, expect, test } from 'vitest';
import { type VerifyOptions, verifyView } from '../../src/online/verify.ts';
import { feature } from '../support/views.ts';
import { days, eventsView, type OnlineWorld, onDay, openOnlineWorld, type Row } from './world.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const ROWS: Row[] = IDS.map((id, index) => [id, onDay(0, index), String(index)]);

function verify({ database, online, view, publisher }: OnlineWorld, extra: Partial<VerifyOptions> = {}) {
  return verifyView({ database, online, view, signal: publisher.signal, ...extra });
}

async function published(extra: Parameters<typeof eventsView>[0] = {}): Promise<OnlineWorld> {
  const world = await openOnlineWorld(eventsView(extra));
  await world.publish(await world.commit(days(0), ROWS));
  return world;
}

describe('verifyView', () => {
  test('finds nothing where both stores say the same', async () => {
    await using world = await published();
    expect(await verify(world)).toEqual({ comparedOffline: 6, comparedOnline: 6, total: 0, differences: [] });
  });

  test('names each kind of difference', async () => {
    await using world = await published();
    const time = 1_767_225_600_000_000;
    await world.redis('DEL', 'mr:orders:a');
    await world.redis('HSET', 'mr:orders:b', 'amount', '99');
    await world.redis('HSET', 'mr:orders:c', '_ts', '5');
    await world.redis('HSET', 'mr:orders:d', '_ts', '7000000000000000');
    await world.redis('HSET', 'mr:orders:e', 'colour', 'red');
    await world.redis('PEXPIRE', 'mr:orders:f', '100000');
    await world.redis('HSET', 'mr:orders:ghost', '_ts', '7', '_rev', '1', 'amount', '1');
    await world.redis('HSET', 'mr:orders:tombstone', '_rev', '1');
    const { total, differences } = await verify(world);
    expect(total).toBe(7);
    expect([...differences].sort((one, other) => (one.entityId < other.entityId ? -1 : 1))).toEqual([
      { entityId: 'a', kind: 'missing', features: [], offlineTime: time, onlineTime: null },
      {
        entityId: 'b',
        kind: 'different',
        features: ['amount'],
        offlineTime: time + 1_000_000,
        onlineTime: time + 1_000_000,
      },
      { entityId: 'c', kind: 'older', features: [], offlineTime: time + 2_000_000, onlineTime: 5 },
      { entityId: 'd', kind: 'newer', features: [], offlineTime: time + 3_000_000, onlineTime: 7_000_000_000_000_000 },
      {
        entityId: 'e',
        kind: 'different',
        features: ['colour'],
        offlineTime: time + 4_000_000,
        onlineTime: time + 4_000_000,
      },
      { entityId: 'f', kind: 'expiry', features: [], offlineTime: time + 5_000_000, onlineTime: time + 5_000_000 },
      { entityId: 'ghost', kind: 'extra', features: [], offlineTime: null, onlineTime: 7 },
    ]);
  });

  test('counts all differences and names only some', async () => {
    await using world = await published();
    await world.redis('FLUSHDB');
    const { total, differences } = await verify(world, { namedMax: 2 });
    expect([total, differences.length]).toEqual([6, 2]);
  });

  test('treats a row past its ttl as deleted, unless it would stay forever', async () => {
    await using world = await published({ ttlMs: 3_650 * 86_400_000 });
    await world.setNow(onDay(4_000));
    expect((await verify(world)).total).toBe(0);
    await world.redis('PERSIST', 'mr:orders:a');
    expect((await verify(world)).differences).toMatchObject([{ entityId: 'a', kind: 'expiry' }]);
  });

  test('compares a sample of each store', async () => {
    await using world = await published();
    await world.redis('FLUSHDB');
    expect(await verify(world, { sample: 2 })).toMatchObject({ comparedOffline: 2, total: 2 });
  });

  test('does not take a row for different that is published while it looks', async () => {
    await using world = await published();
    const run = await world.commit(days(0), [...ROWS.slice(1), ['a', onDay(0, 9), '9']]);
    let looks = 0;
    const redis = {
      ...world.online.redis,
      send: async (...call: Parameters<OnlineWorld['online']['redis']['send']>) => {
        const replies = await world.online.redis.send(...call);
        if (looks++ === 0) await world.publish(run);
        return replies;
      },
    };
    expect(await verify(world, { online: { ...world.online, redis } })).toMatchObject({ total: 0 });
  });

  test('sees nulls', async () => {
    await using world = await openOnlineWorld(
      eventsView({ features: [feature('amount', 'float', { nullable: true })] }),
    );
    await world.publish(await world.commit(days(0), [['a', onDay(0), null]]));
    expect((await verify(world)).total).toBe(0);
    await world.redis('HSET', 'mr:orders:a', 'amount', '1');
    expect((await verify(world)).differences).toMatchObject([{ kind: 'different', features: ['amount'] }]);
  });
});

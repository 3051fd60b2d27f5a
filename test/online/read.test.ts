import { describe, expect, test } from 'vitest';
import { readOnline } from '../../src/online/read.ts';
import type { Redis, RedisCommand } from '../../src/redis/connection.ts';
import { days, eventsView, onDay, openOnlineWorld } from './world.ts';

const WITH_TTL = eventsView({ ttlMs: 86_400_000_000 });

/** The world's Redis, and what is sent together in each exchange. */
function listened(redis: Redis) {
  const exchanges: (readonly RedisCommand[])[] = [];
  const listening: Redis = {
    ...redis,
    send: (commands, signal) => {
      exchanges.push(commands);
      return redis.send(commands, signal);
    },
  };
  return { redis: listening, exchanges };
}

describe('readOnline', () => {
  test('asks for the time together with the rows', async () => {
    await using world = await openOnlineWorld(WITH_TTL);
    await world.publish(await world.commit(days(0), [['a', onDay(0), '1']]));
    const { redis, exchanges } = listened(world.online.redis);
    const found = await readOnline({ ...world.online, redis }, [WITH_TTL], ['a', 'b']);
    expect([...found]).toMatchObject([
      ['a', { orders: { values: { amount: 1 } } }],
      ['b', { orders: null }],
    ]);
    expect(exchanges.map((commands) => commands.map(([name]) => name))).toEqual([['TIME', 'HMGET', 'HMGET']]);
  });

  test('judges ttl by the clock of the server, also where another key is of a wrong type', async () => {
    await using world = await openOnlineWorld(eventsView({ ttlMs: 1_000 }));
    await world.redis('HSET', 'mr:orders:old', '_ts', '1000000', '_rev', '1', 'amount', '1');
    expect((await readOnline(world.online, [world.view], ['old'])).get('old')).toEqual({ orders: null });
    await world.redis('SET', 'mr:orders:broken', 'x');
    await expect(readOnline(world.online, [world.view], ['old', 'broken'])).rejects.toMatchObject({
      code: 'ONLINE_DAMAGED',
    });
  });
});

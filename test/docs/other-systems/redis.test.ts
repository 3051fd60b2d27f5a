import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { openRedis, type RedisCommand } from '../../../src/redis/connection.ts';
import { freshRedis } from '../../support/servers.ts';
import { documentedView, stagedRows } from './documented.ts';

async function cache(...commands: readonly RedisCommand[]): Promise<{ url: string }> {
  const url = await freshRedis();
  const redis = openRedis({ url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  await redis.send(commands);
  return { url };
}

describe('definitions over Redis', () => {
  test.each([
    ['user_risk_score', 'user_features:12345:risk_score'],
    ['user_avg_transaction_historical', 'user_stats:12345:avg_transaction'],
    ['device_trust_score', 'device_features:12345:trust_score'],
  ])('read a value per key for %s', async (name, key) => {
    const source = await cache(['SET', key, '0.75'], ['SET', key.replace('12345', '67890'), 'high']);

    expect(await stagedRows(documentedView('corint', name), source)).toEqual({ rows: [['12345', '0.75']], refused: 1 });
  });

  test('read a hash per user', async () => {
    const source = await cache(
      ['HSET', 'user:1', 'age', '30', 'city', 'Łódź', 'is_member', '1', 'other', 'x'],
      ['HSET', 'user:2', 'age', '41'],
    );

    expect(await stagedRows(documentedView('pairec', 'user_profile'), source)).toEqual({
      rows: [
        ['1', '30', 'Łódź', 'true'],
        ['2', '41', '\\N', '\\N'],
      ],
      refused: 0,
    });
  });

  test('read a hash per item', async () => {
    const source = await cache(['HSET', 'shop:item:7', 'category', 'tea', 'price', '12.50', 'stock', '3']);

    const { rows } = await stagedRows(documentedView('pairec', 'item_profile'), source);
    expect(rows).toEqual([['7', 'tea', '12.50']]);
  });

  test('read the hashes of a prefix', async () => {
    const source = await cache(['HSET', 'user_behavior:7', 'clicks', '12', 'last_item', 'tea'], ['SET', 'user:7', '1']);

    const { rows } = await stagedRows(documentedView('pairec', 'realtime_behavior'), source);
    expect(rows).toEqual([['7', '12', 'tea']]);
  });
});

import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openRedis, type RedisCommand } from '../../src/redis/connection.ts';
import { freshRedis } from '../support/servers.ts';
import { documentedNames, documentedView, stagedRows } from './other-systems.ts';

async function cache(...commands: readonly RedisCommand[]): Promise<string> {
  const url = await freshRedis();
  const redis = openRedis({ url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  await redis.send(commands);
  return url;
}

describe('docs/guides/other-systems.md', () => {
  test('has only definitions that a test runs', () => {
    // Those of ClickHouse are in other-systems.slow.test.ts.
    expect(documentedNames()).toEqual(['user_activity', 'user_risk_score', 'user_traits', 'user_profile']);
  });

  test('reads a value per key', async () => {
    const url = await cache(
      ['SET', 'user_features:12345:risk_score', '0.75'],
      ['SET', 'user_features:67890:risk_score', 'high'],
    );

    expect(await stagedRows(documentedView('user_risk_score'), url)).toEqual({ rows: [['12345', '0.75']], refused: 1 });
  });

  test('reads a hash per entity', async () => {
    const url = await cache(
      ['HSET', 'user:1', 'age', '30', 'city', 'Łódź', 'is_member', '1', 'other', 'x'],
      ['HSET', 'user:2', 'age', '41'],
    );

    expect(await stagedRows(documentedView('user_profile'), url)).toEqual({
      rows: [
        ['1', '30', 'Łódź', 'true'],
        ['2', '41', '\\N', '\\N'],
      ],
      refused: 0,
    });
  });
});

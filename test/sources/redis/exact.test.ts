// The table of exact values in hashes of Redis.

import { systemClock } from '../../../src/core/clock.ts';
import { openRedis, type RedisCommand } from '../../../src/redis/connection.ts';
import { openSource } from '../../../src/sources/index.ts';
import { freshRedis } from '../../support/servers.ts';
import { EXACT_COLUMNS, type ExactColumn, testExactValues } from '../exact-values.ts';
import { sourceOptions } from '../worlds.ts';

const COLUMNS = Object.keys(EXACT_COLUMNS) as ExactColumn[]; // its own keys
const FEATURES = COLUMNS.filter((column) => column !== 'entity_id' && column !== 'happened_at');

testExactValues('redis, hashes', async (rows) => {
  const url = await freshRedis();
  await using redis = openRedis({ url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  await redis.send(
    rows.map((row): RedisCommand => {
      // A field cannot be null.
      const fields = COLUMNS.flatMap((column) => (row[column] === null ? [] : [column, row[column]]));
      return ['HSET', `row:${row.entity_id}`, ...fields];
    }),
  );
  const source = openSource(sourceOptions({ url }));
  const columns = { timestamp: 'happened_at', ...Object.fromEntries(FEATURES.map((name) => [name, name])) };
  return {
    source,
    table: '',
    view: { kind: 'latest', query: null, keys: 'row:{entity_id}', columns },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
});

// Everything that Millrace has written into its servers, as text, for tests that search it.

import { systemClock } from '../../src/core/clock.ts';
import { type Database, identifier } from '../../src/postgres/database.ts';
import { openRedis, type RedisCommand } from '../../src/redis/connection.ts';

/** Every row of every table of some schemas, by the table's name. */
export async function tablesAsText(database: Database, schemas: readonly string[]): Promise<Record<string, string>> {
  const tables = await database.query<{ schema: string; name: string }>(
    `select table_schema as schema, table_name as name from information_schema.tables
      where table_schema = any($1) order by 1, 2`,
    [schemas],
  );
  const texts: Record<string, string> = {};
  for (const { schema, name } of tables) {
    const table = `${identifier(schema)}.${identifier(name)}`;
    const rows = await database.query<{ row: string }>(`select t::text as row from ${table} t`);
    texts[`${schema}.${name}`] = rows.map(({ row }) => row).join('\n');
  }
  return texts;
}

/** The command that reads a whole key, by type. */
const READS: Readonly<Record<string, (key: string) => RedisCommand>> = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  list: (key) => ['LRANGE', key, '0', '-1'],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
  stream: (key) => ['XRANGE', key, '-', '+'],
};

/** Every key of a Redis database, with its content. */
export async function keysAsText(url: string): Promise<Record<string, string>> {
  await using redis = openRedis({ url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  const [keys] = (await redis.send([['KEYS', '*']])) as [string[]]; // what KEYS replies
  const texts: Record<string, string> = {};
  for (const key of keys.sort()) {
    const [type] = await redis.send([['TYPE', key]]);
    const read = READS[String(type)];
    if (read === undefined) throw new Error(`${key} is of type ${type}, which this test cannot read`);
    texts[key] = JSON.stringify(await redis.send([read(key)]));
  }
  return texts;
}

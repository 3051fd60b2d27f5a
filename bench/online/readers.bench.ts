// Measures online reads of 100 entities in 3 views while a worker loads a large view: without load, without a limit of online
// writes, and with one. `--rows=5000000` sets the size of the load, `--limit=50000` the rows per second.

import { fileURLToPath } from 'node:url';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { at, feature, view } from '../../test/support/views.ts';
import { openLineProcess } from '../compare/line-process.ts';
import { numberOption } from '../compare/record.ts';
import { openBenchSystem } from '../compare/system.ts';
import { report } from '../report.ts';
import { ENTITIES, storeOnline, VIEWS } from './world.ts';

const ROWS = numberOption('rows', 1_000_000);
const LIMIT = numberOption('limit', 50_000);
const READS_AT_A_TIME = 50;
const IDLE_READS = 40;
/** With the limit, the p99 may be this many times that of an idle store, or this many milliseconds. */
const TIMES_MAX = 3;
const MS_MAX = 5;

await using postgres = await startPostgres();
await using redis = await startRedis();
const servers = { postgres: await postgres.createDatabase(), redis: redis.url };
await storeOnline(servers);
const program = fileURLToPath(new URL('reader-process.ts', import.meta.url));
await using reader = openLineProcess(process.execPath, [...process.execArgv, program], {
  environment: { MILLRACE_BENCH_ORDERS: JSON.stringify(servers) },
});

/** Milliseconds of the next reads, one at a time. */
async function someReads(): Promise<readonly number[]> {
  const asked = Array.from({ length: READS_AT_A_TIME }, () =>
    Array.from({ length: 100 }, () => String(1 + Math.floor(Math.random() * ENTITIES))),
  );
  const { ms } = await reader.ask<{ ms: readonly number[] }>({ do: 'online', views: VIEWS, asked });
  return ms;
}

async function readsDuring(load: Promise<unknown>): Promise<number[]> {
  const ms: number[] = [];
  let isLoading = true;
  const ended = load.finally(() => {
    isLoading = false;
  });
  while (isLoading) ms.push(...(await someReads()));
  await ended;
  return ms;
}

/** Loads a new view, because a first load writes the most. */
async function loadOf(name: string, rowsPerSecond: number | null): Promise<readonly number[]> {
  const limit = rowsPerSecond === null ? {} : { rowsPerSecond };
  await using system = await openBenchSystem({ database: servers.postgres, redis: servers.redis, ...limit });
  await system.apply(
    view({
      name,
      end: at('2026-01-02'),
      features: [feature('f1', 'float')],
      query: 'select entity_id, f1, {{end}} as timestamp from big',
    }),
  );
  return await readsDuring(system.materialize(name));
}

function show(what: string, ms: readonly number[]): number {
  const sorted = ms.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  process.stdout.write(
    `${what.padEnd(28)} p50 ${quantile(0.5).toFixed(2)} ms, p99 ${quantile(0.99).toFixed(2)} ms (${ms.length} reads)\n`,
  );
  return quantile(0.99);
}

{
  await using system = await openBenchSystem({ database: servers.postgres, redis: servers.redis });
  await system.sql(
    `create table public.big as select 'customer-' || i as entity_id, random() as f1 from generate_series(1, ${ROWS}) i`,
  );
}
await someReads();
const idle: number[] = [];
for (let round = 0; round < IDLE_READS; round += 1) idle.push(...(await someReads()));
const idleP99 = show('idle', idle);
show('a load without a limit', await loadOf('unlimited', null));
const limitedP99 = show(`a load of ${LIMIT} rows/s`, await loadOf('limited', LIMIT));
report('p99 with the limit', limitedP99, { atMost: Math.max(MS_MAX, TIMES_MAX * idleP99), unit: 'ms' });

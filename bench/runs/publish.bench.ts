// Measures publishing from the offline table to Redis: new rows, the same rows again, all rows rewritten, a rebuild and
// a verification. Prints each number with its bound. `--rows=1000000` for more rows.

import { systemClock } from '../../src/core/clock.ts';
import type { PublisherOptions } from '../../src/online/lease.ts';
import { publishDebt } from '../../src/online/publish.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { verifyView } from '../../src/online/verify.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { appliedViews, deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { feature, fingerprinted, view } from '../../test/support/views.ts';
import { openBenchDatabase } from '../database.ts';
import { report } from '../report.ts';

const ROWS = Number(
  process.argv.find((argument) => argument.startsWith('--rows='))?.slice('--rows='.length) ?? 200_000,
);
const MIB = 1_048_576;

await using postgres = await startPostgres();
await using server = await startRedis();
await using database = openBenchDatabase(await postgres.createDatabase(), { poolMax: 4 });
const clock = systemClock;
await using redis = openRedis({ url: server.url, clock, deadlineMs: 10_000, connectionName: 'millrace-bench' });

await migrate(database);

async function publisherOf(name: string, ttlMs: number | null): Promise<PublisherOptions> {
  const defined = view({ name, kind: 'events', end: null, ttlMs, features: [feature('amount', 'float')] });
  await deployViewRows(database, [fingerprinted(defined)]);
  const { id } = await requireAppliedView(database, name);
  await database.run(
    `insert into features.${name} select 'customer-' || i, timestamptz '2026-01-01 12:00' + i * interval '1 microsecond',
            random() * 1000, 1 from generate_series(1, ${ROWS}) i`,
  );
  await database.run(`vacuum analyze features.${name}`);
  const online = { redis, prefix: 'mr', clock };
  return {
    database,
    leases: database,
    online,
    viewId: id,
    owner: 'bench',
    leaseMs: 30_000,
    signal: new AbortController().signal,
  };
}

async function debt(publisher: PublisherOptions): Promise<void> {
  await database.run(
    `update millrace.coverage set covered = '{[2026-01-01,2026-01-02)}', published = '{}' where view_id = $1`,
    [publisher.viewId],
  );
}

/** Processor time of Redis, in microseconds. */
async function redisMicros(): Promise<number> {
  const [info] = await redis.send([['INFO', 'cpu']]);
  const seconds = (name: string) => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(String(info))?.[1]);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6;
}

// Besides the rate, which depends on the load of the machine, report the processor time per row, which does not.
async function measured(what: string, atLeast: number, work: () => Promise<unknown>): Promise<void> {
  const before = { rss: process.memoryUsage().rss, cpu: process.cpuUsage(), redis: await redisMicros() };
  const started = clock.monotonicMs();
  await work();
  const seconds = (clock.monotonicMs() - started) / 1_000;
  const cpu = process.cpuUsage(before.cpu);
  const perRow = (micros: number) => `${(micros / ROWS).toFixed(2)} µs/row`;
  const memory = `${Math.round(before.rss / MIB)} → ${Math.round(process.memoryUsage().rss / MIB)} MiB`;
  report(`${what}, ${ROWS} rows`, ROWS / seconds, { atLeast, unit: 'rows/s' });
  process.stdout.write(
    `  worker ${perRow(cpu.user + cpu.system)}, Redis ${perRow((await redisMicros()) - before.redis)}, memory ${memory}\n`,
  );
}

const publishers: PublisherOptions[] = [];
for (const [name, ttlMs] of [
  ['plain', null],
  ['with_ttl', 3_650 * 86_400_000],
] as const) {
  const publisher = await publisherOf(name, ttlMs);
  publishers.push(publisher);
  await debt(publisher);
  await measured(`${name}: published first`, 150_000, () => publishDebt(publisher));
  await debt(publisher);
  await measured(`${name}: published again, unchanged`, 250_000, () => publishDebt(publisher));
  await database.run(`update features.${name} set amount = amount + 1`);
  await database.run(`vacuum analyze features.${name}`);
  await debt(publisher);
  await measured(`${name}: published again, all changed`, 150_000, () => publishDebt(publisher));
  await measured(`${name}: rebuilt, unchanged`, 100_000, () => rebuildView(publisher));
}
report('peak memory of publishing', process.resourceUsage().maxRSS / 1_024, { atMost: 300, unit: 'MiB' });

for (const { database, online, signal, viewId } of publishers) {
  const [applied] = (await appliedViews(database)).filter((one) => one.id === viewId).map((one) => one.view);
  if (applied === undefined) throw new Error('the view does not exist');
  await measured(`${applied.name}: verified`, 30_000, async () => {
    const { total } = await verifyView({ database, online, view: applied, signal });
    if (total > 0) throw new Error(`${total} differences`);
  });
}

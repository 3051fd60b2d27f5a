// Measures a first load of the same rows from Postgres, from Parquet files on disk, and from the same files in S3, by one
// worker: `--rows=`.

import { openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { performRun } from '../../src/run/perform.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { tableFiles } from '../../test/sources/worlds.ts';
import { sourceLimits } from '../../test/support/limits.ts';
import { at, feature, fingerprinted, view } from '../../test/support/views.ts';
import { numberOption } from '../compare/record.ts';
import { report } from '../report.ts';
import { placeFiles } from '../source-memory/files.ts';

const ROWS = numberOption('rows', 1_000_000);
const ROUNDS = numberOption('rounds', 3);
/** How much longer a load may take than from Postgres. */
const TIMES_MAX = { disk: 1.2, s3: 1.5 };

await using disk = await placeFiles({ place: 'file', ending: 'parquet', rows: ROWS });
await using s3 = await placeFiles({ place: 's3', ending: 'parquet', rows: ROWS });
// The account of the object store.
Object.assign(process.env, s3.account);
await using postgres = await startPostgres();
const limits = sourceLimits({ statementTimeoutMs: 600_000 });
const SHOP = await postgres.createDatabase();

const QUERY = 'select entity_id, happened_at as timestamp, amount as value from';
const SPAN = 'where happened_at >= {{start}} and happened_at < {{end}}';
const files = { files: tableFiles({ pattern: '{yyyy}-{MM}-{dd}-*.parquet', format: 'parquet' }) };

/** Seconds of a first load of all rows from each source, into separate stores. */
async function loads(): Promise<Record<'shop' | 'disk' | 's3', number>> {
  await using redis = await startRedis();
  await using app = openApp({
    folder: process.cwd(),
    connections: {
      offline: { url: await postgres.createDatabase() },
      online: { url: redis.url, prefix: 'mr' },
      queue: { url: redis.url, prefix: 'millrace' },
      sources: { shop: { url: SHOP, ...limits }, disk: { url: disk.url, ...limits }, s3: { url: s3.url, ...limits } },
    },
    log: silentLog,
  });
  await migrate(app.database);
  const seconds = { shop: 0, disk: 0, s3: 0 };
  for (const source of ['shop', 'disk', 's3'] as const) {
    const defined = view({
      name: `from_${source}`,
      kind: 'events',
      source,
      end: at('2026-01-02'),
      features: [feature(`from_${source}`, 'float', { column: 'value' })],
      query: `${QUERY} ${source === 'shop' ? 'events' : 'files'} ${SPAN}`,
      files: source === 'shop' ? null : files,
    });
    await deployViewRows(app.database, [fingerprinted(defined)]);
    const applied = await requireAppliedView(app.database, defined.name);
    const runs = await planDue(app.database, applied, 'manual', DEFAULT_RUN_OPTIONS);
    const started = systemClock.monotonicMs();
    for (const run of runs) {
      const outcome = await performRun(app.engine, run, new AbortController().signal);
      if (outcome.kind !== 'completed') throw new Error(`a run ended ${JSON.stringify(outcome)}`);
    }
    seconds[source] = (systemClock.monotonicMs() - started) / 1_000;
    await app.database.run('checkpoint');
  }
  return seconds;
}

{
  await using source = openApp({
    folder: process.cwd(),
    connections: {
      offline: { url: SHOP },
      online: { url: 'redis://127.0.0.1:1', prefix: 'mr' },
      queue: { url: 'redis://127.0.0.1:1', prefix: 'millrace' },
      sources: {},
    },
    log: silentLog,
  });
  await source.database.run(
    `create table events as select 'customer-' || i as entity_id, timestamptz '2026-01-01 00:00:00.000001Z' + i * interval '1 millisecond' as happened_at, i / 7e0::float8 as amount from generate_series(0, ${ROWS - 1}) i`,
  );
}
const all: Awaited<ReturnType<typeof loads>>[] = [];
for (let round = 0; round < ROUNDS; round += 1) all.push(await loads());
const median = (source: 'shop' | 'disk' | 's3') =>
  all.map((one) => one[source]).toSorted((a, b) => a - b)[all.length >> 1] ?? 0;
const [shop, fromDisk, fromS3] = [median('shop'), median('disk'), median('s3')];
process.stdout.write(
  `${ROWS} rows: Postgres ${shop.toFixed(1)} s, Parquet on disk ${fromDisk.toFixed(1)} s, Parquet in S3 ${fromS3.toFixed(1)} s\n`,
);
report('Parquet on disk ÷ Postgres', fromDisk / shop, { atMost: TIMES_MAX.disk, unit: '×' });
report('Parquet in S3 ÷ Postgres', fromS3 / shop, { atMost: TIMES_MAX.s3, unit: '×' });

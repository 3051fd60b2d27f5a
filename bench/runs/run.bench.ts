// Measures one worker: a run of a million rows, and many small ones. Prints each number with its bound.

import { openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { performRun } from '../../src/run/perform.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { sourceLimits } from '../../test/support/limits.ts';
import { at, feature, fingerprinted, view } from '../../test/support/views.ts';
import { report } from '../report.ts';

const ROWS = 1_000_000;
const SMALL_UNITS = 200;
const CONCURRENCY = 4;

await using postgres = await startPostgres();
await using redis = await startRedis();
const url = await postgres.createDatabase();
const connection = sourceLimits({ statementTimeoutMs: 600_000, memoryLimitMb: 256 });
await using app = openApp({
  folder: process.cwd(),
  connections: {
    offline: { url },
    online: { url: redis.url, prefix: 'mr' },
    queue: { url: redis.url, prefix: 'millrace' },
    sources: { shop: { url, ...connection } },
  },
  log: {
    ...silentLog,
    info: (event, facts) =>
      process.argv.includes('--verbose') && process.stdout.write(`${event} ${JSON.stringify(facts)}\n`),
  },
});
await migrate(app.database);
await app.database.run(
  `create table big as select 'customer-' || i as entity_id, random() * 1000 as value from generate_series(1, ${ROWS}) i
    order by random()`,
);
await app.database.run(
  `create table small as select 'c' || i as entity_id, i::float8 as value from generate_series(1, 100) i`,
);

const big = view({
  name: 'big',
  end: at('2026-01-02'),
  features: [feature('big', 'float', { column: 'value' })],
  query: 'select entity_id, value, {{end}} as timestamp from big',
});
const small = view({
  name: 'small',
  start: at('2024-01-01'),
  end: at(new Date(at('2024-01-01') + SMALL_UNITS * 86_400_000).toISOString()),
  features: [feature('small', 'float', { column: 'value' })],
  query: 'select entity_id, value, {{end}} as timestamp from small',
});
await deployViewRows(app.database, [fingerprinted(big), fingerprinted(small)]);

async function materialize(name: string, concurrency: number): Promise<number> {
  const runs = await planDue(app.database, await requireAppliedView(app.database, name), 'manual', DEFAULT_RUN_OPTIONS);
  const left = [...runs];
  const started = systemClock.monotonicMs();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let run = left.shift(); run !== undefined; run = left.shift()) {
        const outcome = await performRun(app.engine, run, new AbortController().signal);
        if (outcome.kind !== 'completed')
          throw new Error(`run ${run} ended ${outcome.kind}: ${JSON.stringify(outcome)}`);
      }
    }),
  );
  return (systemClock.monotonicMs() - started) / 1_000;
}

await materialize('small', CONCURRENCY).then((seconds) =>
  report('snapshot units of 100 rows through one worker', SMALL_UNITS / seconds, { atLeast: 20, unit: 'units/s' }),
);
const before = process.resourceUsage().maxRSS;
const seconds = await materialize('big', 1);
report('1 M rows through one run', seconds, { atMost: 10, unit: 's' });
report('peak memory of the worker', process.resourceUsage().maxRSS / 1_024, { atMost: 300, unit: 'MiB' });
process.stdout.write(`  (before the large run: ${Math.round(before / 1_024)} MiB)\n`);
await app.database.run(`update millrace.coverage set stale = covered`);
report('1 M rows again, nothing changed', await materialize('big', 1), { atMost: 10, unit: 's' });

// Where the processor time of a run is spent: each stage's seconds in the worker, in Postgres and in Redis, for a first load,
// the same rows again, and 1 % and all of them changed. `--rows=100000` for fewer rows, `--first` for the first load alone.

import type { Stage } from '../../src/run/stage.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { at, feature, view } from '../../test/support/views.ts';
import { type CpuSeconds, cpuBetween, cpuSoFar } from '../compare/cpu.ts';
import { type BenchSystem, openBenchSystem } from '../compare/system.ts';

const ROWS = Number(process.argv.find((argument) => argument.startsWith('--rows='))?.slice(7) ?? 1_000_000);

await using postgres = await startPostgres();
await using redis = await startRedis();
await using system: BenchSystem = await openBenchSystem({
  database: await postgres.createDatabase(),
  redis: redis.url,
  changeStages: (stages) => stages.map(measured),
});

function measured(stage: Stage): Stage {
  return { ...stage, perform: (...call) => shown(`  ${stage.name}`, () => stage.perform(...call)) };
}

async function shown<T>(what: string, work: () => Promise<T>): Promise<T> {
  const of = { database: system.app.database, redis: system.app.online.redis };
  const before = await cpuSoFar(of);
  const result = await work();
  print(what, cpuBetween(before, await cpuSoFar(of)));
  return result;
}

function print(what: string, { worker, postgres: offline, redis: online }: CpuSeconds): void {
  const cells = [worker, offline, online, worker + offline + online].map((seconds) => seconds.toFixed(2).padStart(9));
  process.stdout.write(`${what.padEnd(20)}${cells.join('')}\n`);
}

await system.sql(
  `create table big as select 'customer-' || i as entity_id, random() * 1000 as value from generate_series(1, ${ROWS}) i
    order by random()`,
);
await system.apply(
  view({
    name: 'big',
    end: at('2026-01-02'),
    features: [feature('big', 'float', { column: 'value' })],
    query: 'select entity_id, value, {{end}} as timestamp from big',
  }),
);

process.stdout.write(`${''.padEnd(20)}   worker postgres    redis      all  (CPU seconds, ${ROWS} rows)\n`);
await shown('first load', () => system.materialize('big'));
const repeats = process.argv.includes('--first') ? [] : [null, 0.01, 1];
for (const share of repeats) {
  if (share !== null) await system.sql(`update big set value = value + 1 where random() <= ${share}`);
  await system.restate();
  await shown(share === null ? 'nothing changed' : `${share * 100} % changed`, () => system.materialize('big'));
}

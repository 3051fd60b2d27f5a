// Measures what the profile of a run costs: the processor time of its check stage as a share of the whole run, for a million
// rows of 1 and of 10 features. `--rows=100000` for fewer rows.

import type { FeatureType } from '../../src/feature-types/index.ts';
import type { Stage } from '../../src/run/stage.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { at, feature, view } from '../../test/support/views.ts';
import { type CpuSeconds, cpuBetween, cpuSoFar } from '../compare/cpu.ts';
import { type BenchSystem, openBenchSystem } from '../compare/system.ts';
import { report } from '../report.ts';

const ROWS = Number(process.argv.find((argument) => argument.startsWith('--rows='))?.slice(7) ?? 1_000_000);
const SHARE_MAX = 8;
const TYPES: readonly FeatureType[] = ['float', 'int', 'decimal', 'string', 'bool'];
const COLUMNS: Readonly<Record<string, string>> = {
  float: 'random() * 1000',
  int: '(random() * 1000000)::bigint',
  decimal: '(random() * 1000)::numeric(12, 2)',
  string: `'country-' || (random() * 200)::int`,
  bool: 'random() < 0.5',
};

let checkSeconds = 0;

await using postgres = await startPostgres();
await using redis = await startRedis();
await using system: BenchSystem = await openBenchSystem({
  database: await postgres.createDatabase(),
  redis: redis.url,
  changeStages: (stages) => stages.map((stage) => (stage.name === 'check' ? measured(stage) : stage)),
});

function measured(stage: Stage): Stage {
  return {
    ...stage,
    perform: async (...call) => {
      const { seconds, result } = await cpuOf(() => stage.perform(...call));
      checkSeconds = seconds;
      return result;
    },
  };
}

async function cpuOf<T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly result: T }> {
  const of = { database: system.app.database, redis: system.app.online.redis };
  const before = await cpuSoFar(of);
  const result = await work();
  return { seconds: sum(cpuBetween(before, await cpuSoFar(of))), result };
}

function sum({ worker, postgres: offline, redis: online }: CpuSeconds): number {
  return worker + offline + online;
}

for (const features of [1, 10]) {
  const name = `profiled_${features}`;
  const types = Array.from({ length: features }, (_, index) => TYPES[index % TYPES.length] ?? 'float');
  const columns = types.map((type, index) => `${COLUMNS[type]} as f${index}`).join(', ');
  await system.sql(
    `create table ${name} as select 'customer-' || i as entity_id, ${columns} from generate_series(1, ${ROWS}) i`,
  );
  await system.apply(
    view({
      name,
      end: at('2026-01-02'),
      features: types.map((type, index) => feature(`f${index}`, type)),
      query: `select *, {{end}} as timestamp from ${name}`,
    }),
  );
  const { seconds } = await cpuOf(() => system.materialize(name));
  process.stdout.write(`${name}: the check takes ${checkSeconds.toFixed(2)} of ${seconds.toFixed(2)} CPU seconds\n`);
  report(`share of the check in a run of ${ROWS} rows and ${features} features`, (checkSeconds / seconds) * 100, {
    atMost: SHARE_MAX,
    unit: '%',
  });
}

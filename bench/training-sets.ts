// How long a training set takes, and how much memory: labels over five views of four features each, 20 rows of each of 100,000
// entities per view. Prints each number next to its bound. `--labels=10000000` for more labels, `--rows=5` for fewer rows.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '../src/app.ts';
import { systemClock } from '../src/core/clock.ts';
import { silentLog } from '../src/core/log.ts';
import { buildDataset } from '../src/datasets/build.ts';
import { localTarget } from '../src/datasets/targets/local-target.ts';
import type { Dataset } from '../src/definition/dataset.ts';
import { startPostgres, startRedis } from '../src/servers/servers.ts';
import { migrate } from '../src/state/migrate.ts';
import { deployViewRows } from '../src/state/views/views.ts';
import { sourceLimits } from '../test/support/limits.ts';
import { at, feature, fingerprinted, view } from '../test/support/views.ts';
import { report } from './report.ts';

const option = (name: string, usual: number) =>
  Number(process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual);
const LABELS = option('labels', 1_000_000);
const ROWS = option('rows', 20);
const ENTITIES = 100_000;
const VIEWS = ['v1', 'v2', 'v3', 'v4', 'v5'];
const MIB = 1_048_576;

await using postgres = await startPostgres();
await using redis = await startRedis();
const url = await postgres.createDatabase();
const clock = systemClock;
await using app = openApp({
  folder: process.cwd(),
  connections: {
    offline: { url },
    online: { url: redis.url, prefix: 'mr' },
    queue: { url: redis.url, prefix: 'millrace' },
    sources: { shop: { url, ...sourceLimits() } },
  },
  log: silentLog,
});
const { database } = app;
await migrate(database);

const views = VIEWS.map((name, place) =>
  view({
    name,
    kind: place % 2 === 0 ? 'events' : 'snapshot',
    unitMs: 3_600_000,
    start: at('2026-01-01'),
    end: null,
    features: [feature('a', 'float'), feature('b', 'float'), feature('c', 'int'), feature('d', 'bool')],
  }),
);
await deployViewRows(database, views.map(fingerprinted));
for (const name of VIEWS) {
  await database.run(
    `insert into features.${name}
     select 'customer-' || e, timestamptz '2026-01-01 00:00:01+00' + k * interval '60 days' / ${ROWS} + e % 3600 * interval '1 second',
            random(), random(), e * k, e % 2 = 0, 1
       from generate_series(1, ${ENTITIES}) e, generate_series(0, ${ROWS - 1}) k order by 1, 2`,
  );
  await database.run(`vacuum analyze features.${name}`);
}
await database.run(`update millrace.coverage set covered = '{[2026-01-01,2026-04-01)}'`);
await database.run(
  `create table churn as select distinct on (entity_id, timestamp) * from (
     select 'customer-' || (1 + floor(random() * ${ENTITIES})::int) as entity_id,
            timestamptz '2026-02-01' + random() * interval '30 days' as timestamp, random() < 0.1 as churned
       from generate_series(1, ${LABELS})) labels`,
);

const dataset: Dataset = {
  name: 'churn',
  description: '',
  labels: {
    kind: 'query',
    source: 'shop',
    query: 'select * from churn where timestamp >= {{start}} and timestamp < {{end}}',
  },
  start: at('2026-02-01'),
  end: at('2026-03-04'),
  views: VIEWS.map((name) => ({ view: name, as: name, features: null, ageMaxMs: null, entityColumn: 'entity_id' })),
  delayMs: 600_000,
  coverage: 'required',
  format: 'parquet',
  partition: null,
  split: null,
};

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
let most = 0;
using _watch = clock.every(50, () => {
  most = Math.max(most, process.memoryUsage.rss());
});
const before = process.memoryUsage.rss();
const began = clock.monotonicMs();
let stagedMs = 0;
const receipt = await buildDataset({
  ...app,
  dataset,
  target: localTarget(join(folder, 'churn')),
  owner: app.processId,
  leaseMs: 30_000,
  millrace: 'bench',
  signal: new AbortController().signal,
  progress: {
    staging: () => undefined,
    planned: () => {
      stagedMs = clock.monotonicMs() - began;
    },
    part: ({ file, joins }) =>
      print(
        `${file} after ${seconds(clock.monotonicMs() - began)} s, by ${[...new Set(Object.values(joins).map(({ way }) => way))].join()}`,
      ),
  },
});
await rm(folder, { recursive: true });
const tookMs = clock.monotonicMs() - began;
print(`${receipt.rows} labels x ${VIEWS.length} views x 4 features, ${receipt.parts.length} files`);
print(`labels staged in ${seconds(stagedMs)} s; this process grew from ${Math.round(before / MIB)} MiB`);
report('from the labels to the receipt', tookMs / 1_000, { unit: 's', atMost: 60 });
report('memory of this process', most / MIB, { unit: 'MiB', atMost: 300 });

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

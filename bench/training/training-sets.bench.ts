// How long a training set takes, and how much memory. Prints each number next to its bound. `--labels=10000000` for more
// labels, `--rows=5` for fewer rows of each entity, `--views=1` for fewer views, `--record` to keep the result.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { buildDataset } from '../../src/datasets/build.ts';
import { localTarget } from '../../src/datasets/targets/local-target.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { cpuBetween, cpuSoFar } from '../compare/cpu.ts';
import { ownPeakMiB, resetPeak } from '../compare/process-tree.ts';
import { numberOption, writeRecord } from '../compare/record.ts';
import { watchMemory } from '../engine-memory.ts';
import { report } from '../report.ts';
import { datasetOf, openTrainingApp, storeLabels, storeViews } from './world.ts';

const LABELS = numberOption('labels', 1_000_000);
const ROWS = numberOption('rows', 20);
const VIEWS = numberOption('views', 5);
const SECONDS_PER_MILLION_MAX = 60;
const MEMORY_MAX_MIB = 300;

await using postgres = await startPostgres();
await using redis = await startRedis();
await using app = openTrainingApp({ postgres: await postgres.createDatabase(), redis: redis.url });
const clock = systemClock;
await storeViews(app, ROWS);
await storeLabels(app, 'churn', LABELS);

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
const of = { database: app.database, redis: app.online.redis };
const before = await cpuSoFar(of);
resetPeak(process.pid);
using looks = watchMemory();
const atStart = looks.peakMiB();
const began = clock.monotonicMs();
let stagedMs = 0;
const receipt = await buildDataset({
  ...app,
  dataset: datasetOf('churn', VIEWS),
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
const tookMs = clock.monotonicMs() - began;
const cpu = cpuBetween(before, await cpuSoFar(of));
await rm(folder, { recursive: true });
const facts = {
  labels: receipt.rows,
  views: VIEWS,
  rowsPerEntity: ROWS,
  parts: receipt.parts.length,
  seconds: tookMs / 1_000,
  secondsOfStaging: stagedMs / 1_000,
  cpuOfProcess: cpu.worker,
  cpuOfPostgres: cpu.postgres,
  peakMiB: ownPeakMiB(process.pid),
  peakWithEnginesMiB: looks.peakMiB(),
};
print(`${receipt.rows} labels x ${VIEWS} views x 4 features, ${receipt.parts.length} files`);
print(`labels staged in ${seconds(stagedMs)} s; ${Math.round(atStart)} MiB at the start`);
print(`CPU: ${cpu.worker.toFixed(1)} s in this process, ${cpu.postgres.toFixed(1)} s in Postgres`);
const most = (SECONDS_PER_MILLION_MAX * Math.max(LABELS, 1_000_000)) / 1_000_000;
report('from the labels to the receipt', facts.seconds, { unit: 's', atMost: most });
report('memory of this process', facts.peakMiB, { unit: 'MiB', atMost: MEMORY_MAX_MIB });
print(`with its engine processes: ${Math.round(facts.peakWithEnginesMiB)} MiB`);
if (process.argv.includes('--record')) writeRecord(`training-sets-${LABELS}x${VIEWS}`, facts);

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

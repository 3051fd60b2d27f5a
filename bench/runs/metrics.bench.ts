// Measures what metrics cost: the same runs by a real scheduler and worker, with metrics off and on in turns. With metrics,
// both are scraped as Prometheus does. Prints the ratio of the processor time of both processes, Postgres and Redis.
// `--rounds=5` sets the number of pairs, `--units=20` the intervals of each of the 50 views.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.ts';
import { restate } from '../../src/operations/restate.ts';
import { runViews } from '../../src/operations/run.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { startChild } from '../child.ts';
import { cpuSoFar } from '../compare/cpu.ts';
import { treeSeconds } from '../compare/process-tree.ts';
import { openBenchSystem } from '../compare/system.ts';
import { BENCH_ACTOR, operationDeps } from '../operating.ts';
import { report } from '../report.ts';

const [ROUNDS, UNITS] = [numberOf('rounds', 5), numberOf('units', 20)];
const VIEWS = Array.from({ length: 50 }, (_, index) => `view_${index}`);
/** Prometheus' default is a minute; many installations use 15 seconds. */
const SCRAPE_MS = 5_000;
const RATIO_MAX = 1.01;
const MILLRACE = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));

await using postgres = await startPostgres();
await using redis = await startRedis();
const database = await postgres.createDatabase();
await using system = await openBenchSystem({ database, redis: redis.url });
await system.sql(
  `create table spend as select 'c' || i as entity_id, i::float8 as value from generate_series(1, 100) i`,
);
const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
await writeProject();
const { app } = system;
const deps = operationDeps(app);

type Mode = 'off' | 'on';
type Used = { readonly all: number; readonly processes: number };

// The first time, the scheduler deploys the views, and what is due is everything.
await measured('off', (view) => runViews(deps, BENCH_ACTOR, { views: [view], performer: 'workers' }));
const repeatAll = (view: string) =>
  restate(deps, BENCH_ACTOR, { view, range: { from: null, to: null }, allowRemovals: false, performer: 'workers' });
const ratios: { readonly all: number; readonly processes: number }[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  // Each mode is the first of a pair as often as the other.
  const order: readonly Mode[] = round % 2 === 0 ? ['off', 'on'] : ['on', 'off'];
  const used = new Map<Mode, Used>();
  for (const mode of order) used.set(mode, await measured(mode, repeatAll));
  const [off, on] = [used.get('off'), used.get('on')];
  if (off === undefined || on === undefined) throw new Error('a mode was not measured');
  ratios.push({ all: on.all / off.all, processes: on.processes / off.processes });
  const shown = [off.all, on.all, off.processes, on.processes].map((seconds) => seconds.toFixed(2));
  process.stdout.write(
    `pair ${round + 1}: ${shown[0]} s off, ${shown[1]} s on; without Postgres and Redis ${shown[2]} s off, ${shown[3]} s on\n`,
  );
}
const spread = (pick: (one: Used) => number) => {
  const sorted = ratios.map(pick).toSorted((a, b) => a - b);
  return `${sorted.map((ratio) => ratio.toFixed(4)).join(' ')}\n`;
};
process.stdout.write(
  `ratios: ${spread(({ all }) => all)}ratios of the processes: ${spread(({ processes }) => processes)}`,
);
report('CPU with metrics ÷ CPU without, median of the pairs', median(ratios.map(({ all }) => all)), {
  unit: '×',
  atMost: RATIO_MAX,
});
await rm(folder, { recursive: true });

/** Processor seconds of all runs of all views. */
async function measured(mode: Mode, ask: (view: string) => Promise<unknown>): Promise<Used> {
  const ports = { scheduler: await freePort(), worker: await freePort() };
  const scheduler = start('scheduler', ports.scheduler, mode);
  const worker = start('worker', ports.worker, mode);
  for (const port of Object.values(ports)) await until(() => isReady(port));
  await until(async () => (await deployed()) === VIEWS.length);
  const before = await seconds([scheduler, worker]);
  using _scraping = mode === 'on' ? scraping(Object.values(ports)) : null;
  for (const view of VIEWS) await ask(view);
  await until(async () => (await open()) === 0);
  const after = await seconds([scheduler, worker]);
  for (const child of [scheduler, worker]) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return { all: after.all - before.all, processes: after.processes - before.processes };
}

async function seconds(children: readonly ChildProcess[]): Promise<Used> {
  const processes = children.reduce((sum, { pid }) => sum + treeSeconds(pid ?? 0), 0);
  const { postgres: offline, redis: online } = await cpuSoFar({ database: app.database, redis: app.online.redis });
  return { all: processes + offline + online, processes };
}

function start(kind: 'scheduler' | 'worker', port: number, mode: Mode): ChildProcess {
  const metrics = mode === 'on' ? [] : ['--no-metrics'];
  const args = [MILLRACE, kind, '--project', folder, '--health-port', String(port), ...metrics];
  const env = { ...process.env, BENCH_DATABASE: database, BENCH_REDIS: redis.url };
  const child = startChild(args, { env, stdout: 'ignore' });
  child.once('exit', (code) => {
    if (code === 0) return;
    process.stderr.write(`the ${kind} ended with ${code}\n`);
    process.exit(1);
  });
  return child;
}

/** Reads the metrics of each port again and again until it is disposed of. */
function scraping(ports: readonly number[]): Disposable {
  const stopped = new AbortController();
  const scrape = async () => {
    while (!stopped.signal.aborted) {
      for (const port of ports) {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        if (!answer.ok || !(await answer.text()).includes('millrace_build_info')) throw new Error('no metrics');
      }
      await systemClock.sleep(SCRAPE_MS, stopped.signal);
    }
  };
  void scrape();
  return { [Symbol.dispose]: () => stopped.abort() };
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null);
  await answer?.arrayBuffer();
  return answer?.ok ?? false;
}

async function open(): Promise<number> {
  const [row] = await app.database.query<{ n: number }>(
    `select count(*)::int as n from millrace.run where state in ('planned', 'active', 'committed')`,
  );
  return row?.n ?? 0;
}

async function deployed(): Promise<number> {
  const [row] = await app.database.query<{ n: number }>('select count(*)::int as n from millrace.view');
  return row?.n ?? 0;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await systemClock.sleep(250);
}

async function writeProject(): Promise<void> {
  const end = new Date(Date.parse('2026-01-01Z') + UNITS * 86_400_000).toISOString().slice(0, 10);
  const query = 'select entity_id, value, {{end}} as timestamp from spend';
  const view = (name: string) =>
    `name: ${name}\nentity: customer\nsource: shop\nkind: snapshot\ninterval: 1d\nstart: 2026-01-01\nend: ${end}\ntype: float\nquery: ${query}\n`;
  const config = `project: bench
offline: { url: "\${BENCH_DATABASE}" }
online: { url: "\${BENCH_REDIS}", prefix: mr }
queue: { url: "\${BENCH_REDIS}", prefix: millrace }
sources: { shop: { url: "\${BENCH_DATABASE}" } }
`;
  await mkdir(join(folder, 'features'));
  await mkdir(join(folder, 'jobs'));
  await writeFile(join(folder, 'millrace.yaml'), config);
  await writeFile(join(folder, 'jobs/all.yaml'), `name: all\ncron: "* * * * *"\nviews: [${VIEWS.join(', ')}]\n`);
  for (const name of VIEWS) await writeFile(join(folder, `features/${name}.yaml`), view(name));
}

function numberOf(name: string, usual: number): number {
  return Number(process.argv.find((one) => one.startsWith(`--${name}=`))?.split('=')[1] ?? usual);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

// Measures the API while a worker performs a backfill: online reads of 100 entities in 3 views at 200 requests per second, next
// to a bare pipeline behind the same framework, and pushes of 8 clients, whose rows the worker stores. `--seconds=N` sets the
// length of each measurement, `--rate=N` the reads per second.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { startBackfill } from '../../src/operations/backfill-start.ts';
import { performRun } from '../../src/run/perform.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { accessOf, TOKENS } from '../../test/api/access-of.ts';
import { sourceLimits } from '../../test/support/limits.ts';
import { at, feature, fingerprinted, view } from '../../test/support/views.ts';
import { BENCH_ACTOR, operationDeps } from '../operating.ts';
import { report } from '../report.ts';

const SECONDS = numberOf('seconds', 10);
const PER_SECOND = numberOf('rate', 200);
const ENTITIES = 100;
const ROUNDS = 3;
const CLIENTS = 8;
const ROWS_PER_PUSH = 500;
const VIEWS = ['orders', 'visits', 'baskets'];
/** More than the worker performs while everything is measured. */
const BACKFILL_UNITS = 2_000;
/** The memory of the API at the end of the pushes may be this many times that after a quarter of them. */
const MEMORY_RATIO_MAX = 1.15;
/** The p99 of a read may be this many times that of the floor. */
const RATIO_MAX = 1.5;

await using postgres = await startPostgres();
await using redis = await startRedis();
const url = await postgres.createDatabase();
const connections = {
  offline: { url },
  online: { url: redis.url, prefix: 'mr' },
  queue: { url: redis.url, prefix: 'millrace' },
  sources: { shop: { url, ...sourceLimits({ statementTimeoutMs: 600_000 }) } },
};
await using app = openApp({ folder: process.cwd(), connections, log: silentLog });
await migrate(app.database);
const features = (name: string) => ['a', 'b'].map((letter) => feature(`${name}_${letter}`, 'float'));
const read = VIEWS.map((name) =>
  view({
    name,
    end: at('2026-01-02'),
    features: features(name),
    query: `select i::text as entity_id, {{end}} as timestamp, random() as ${name}_a, random() as ${name}_b from generate_series(1, 10000) i`,
  }),
);
const pushed = view({ name: 'signal', kind: 'pushed', source: '', query: null, end: null });
const history = view({
  name: 'history',
  start: at('2020-01-01'),
  end: at(new Date(at('2020-01-01') + BACKFILL_UNITS * 86_400_000).toISOString()),
  features: features('history'),
  query: `select i::text as entity_id, {{end}} as timestamp, random() as history_a, random() as history_b from generate_series(1, 5000) i`,
});
await deployViewRows(app.database, [...read, pushed, history].map(fingerprinted));
for (const name of VIEWS) {
  const runs = await planDue(app.database, await requireAppliedView(app.database, name), 'manual', DEFAULT_RUN_OPTIONS);
  for (const run of runs) await performRun(app.engine, run, new AbortController().signal);
}

const [apiPort, barePort] = [await freePort(), await freePort()];
const orders = {
  connections,
  settings: {},
  access: accessOf({ requestsPerSecond: 1_000_000, inboxRows: 1_000_000_000 }),
  port: apiPort,
};
const workerOrders = { connections, settings: {}, stop: null, poison: null };
const children = [
  await started('../../test/support/processes/api-process.ts', { MILLRACE_TEST_ORDERS: JSON.stringify(orders) }),
  await started('api-bare.ts', { BENCH_REDIS: redis.url, BENCH_PORT: String(barePort) }),
  await started('../../test/support/processes/worker-process.ts', {
    MILLRACE_TEST_ORDERS: JSON.stringify(workerOrders),
  }),
];
await startBackfill(operationDeps(app), BENCH_ACTOR, {
  view: 'history',
  range: { from: null, to: null },
  mode: 'all',
  order: 'oldest',
  chunkUnits: null,
  parallel: 2,
  allowRemovals: false,
  performer: 'workers',
});

const ids = () => Array.from({ length: ENTITIES }, () => String(1 + Math.floor(Math.random() * 10_000)));
const authorization = `Bearer ${TOKENS.reader}`;
const askApi = () => post(apiPort, '/api/v1/online', { features: VIEWS, entities: { customer: ids() } }, authorization);
const bareViews = Object.fromEntries(VIEWS.map((name) => [name, [`${name}_a`, `${name}_b`]]));
const askBare = () => post(barePort, '/', { views: bareViews, ids: ids() }, '');

await paced(askApi, 1);
await paced(askBare, 1);
const times = { api: [] as number[], bare: [] as number[] };
for (let round = 0; round < ROUNDS; round += 1) {
  times.bare.push(...(await paced(askBare, SECONDS / ROUNDS)));
  times.api.push(...(await paced(askApi, SECONDS / ROUNDS)));
}
const [api, bare] = [percentile(times.api, 0.99), percentile(times.bare, 0.99)];
print(`p50 of an online read, 100 entities in 3 views, ${PER_SECOND}/s`, percentile(times.api, 0.5), 'ms');
print('p50 of a bare pipeline', percentile(times.bare, 0.5), 'ms');
print('p99 of an online read', api, 'ms');
print('p99 of a bare pipeline', bare, 'ms');
report('p99 of an online read ÷ that of a bare pipeline', api / bare, { unit: '×', atMost: RATIO_MAX });

const acknowledged: number[] = [];
const until = systemClock.monotonicMs() + SECONDS * 1_000;
let rows = 0;
const memory: number[] = [];
const sampling = systemClock.every(500, () => memory.push(memoryOf(children[0])));
await Promise.all(
  Array.from({ length: CLIENTS }, async (_, client) => {
    for (let push = 0; systemClock.monotonicMs() < until; push += 1) {
      const body = {
        rows: Array.from({ length: ROWS_PER_PUSH }, (_row, index) => ({
          entity_id: `c${client}.${push * ROWS_PER_PUSH + index}`,
          timestamp: '2026-01-05T10:00:00Z',
          value: index,
        })),
      };
      acknowledged.push(await post(apiPort, '/api/v1/views/signal/rows', body, `Bearer ${TOKENS.pusher}`));
      rows += ROWS_PER_PUSH;
    }
  }),
);
print('rows pushed per second, 8 clients with 500 rows per push', rows / SECONDS, '');
print('p50 of the acknowledgement of a push', percentile(acknowledged, 0.5), 'ms');
print('p99 of the acknowledgement of a push', percentile(acknowledged, 0.99), 'ms');
sampling[Symbol.dispose]();
const quarter = Math.ceil(memory.length / 4);
const [early, late] = [Math.max(...memory.slice(quarter, 2 * quarter)), Math.max(...memory.slice(-quarter))];
print('memory of the API in the second quarter of the pushes', early, 'MiB');
report('memory in the last quarter ÷ that in the second', late / early, { unit: '×', atMost: MEMORY_RATIO_MAX });
const [left] = await app.database.query<{ units: number; rows: number }>(
  `select (select count(*)::int from millrace.run r join millrace.view v on v.id = r.view_id
            where v.name = 'history' and r.state = 'done') as units,
          (select coalesce(sum(rows), 0)::bigint from millrace.inbox) as rows`,
);
print('intervals of the backfill that were stored meanwhile', left?.units ?? 0, '');
print('pushed rows that still wait in the inbox', left?.rows ?? 0, '');
if ((left?.units ?? 0) >= BACKFILL_UNITS) throw new Error('the backfill ended before the measurement');
for (const child of children) child.kill();

async function post(port: number, path: string, body: unknown, token: string): Promise<number> {
  const begun = systemClock.monotonicMs();
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: token },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${path} returned ${answer.status}`);
  return systemClock.monotonicMs() - begun;
}

/** Sends requests at a fixed rate, whether or not earlier ones are answered. Returns their durations in milliseconds. */
async function paced(ask: () => Promise<number>, seconds: number): Promise<number[]> {
  const begun = systemClock.monotonicMs();
  const all: Promise<number>[] = [];
  for (let sent = 0; sent < seconds * PER_SECOND; sent += 1) {
    const dueMs = begun + (sent * 1_000) / PER_SECOND - systemClock.monotonicMs();
    if (dueMs > 0) await systemClock.sleep(dueMs);
    all.push(ask());
  }
  return Promise.all(all);
}

async function started(script: string, env: Record<string, string>): Promise<ChildProcess> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.stdout.resume();
  return child;
}

function numberOf(name: string, usual: number): number {
  return Number(process.argv.find((one) => one.startsWith(`--${name}=`))?.split('=')[1] ?? usual);
}

/** Resident memory of a process in MiB. */
function memoryOf(child: ChildProcess | undefined): number {
  const text = readFileSync(`/proc/${child?.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) / 1_024;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}

function print(name: string, value: number, unit: string): void {
  process.stdout.write(`${name}: ${value.toFixed(value < 100 ? 1 : 0)} ${unit}\n`);
}

// A system with workers in separate processes, which can be killed, stopped and continued, and with short timings.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type App, openApp } from '../../../src/app.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { ApiAccess } from '../../../src/definition/connections/api-config.ts';
import type { Connections } from '../../../src/definition/connections/connections.ts';
import type { FeatureView } from '../../../src/definition/view.ts';
import { startProjectScheduler } from '../../../src/processes/processes.ts';
import type { QueueSettings } from '../../../src/queue/settings.ts';
import type { SettingsChanges } from '../../../src/settings.ts';
import { migrate } from '../../../src/state/migrate.ts';
import { deployViewRows } from '../../../src/state/views/views.ts';
import { sourceLimits } from '../limits.ts';
import { freshRedis, migratedDatabase } from '../servers.ts';
import { until } from '../until.ts';
import { fingerprinted } from '../views.ts';
import type { ApiOrders } from './api-process.ts';
import type { SchedulerOrders } from './scheduler-process.ts';
import { shiftedClock } from './shifted-clock.ts';
import type { Stop, WorkerOrders } from './worker-process.ts';

/**
 * A tenth of production's timings or less, except where a busy machine needs time: a lease of 3 s, and the locks of
 * jobs.
 */
export const FAULT_QUEUE_SETTINGS: Partial<QueueSettings> = {
  lockMs: 3_000,
  stalledMs: 300,
  drainMs: 500,
  electMs: 100,
  termMs: 1_000,
  reconcileMs: 400,
  probeMs: 200,
  deliveryGraceMs: 1_000,
  heartbeatMs: 300,
  stuckMs: 9_000,
  graceMs: 2_000,
  deadlineMs: 1_500,
};
export const FAULT_SETTINGS: SettingsChanges = {
  leaseMs: 3_000,
  retries: { publishMs: 200, filesMissingMs: 200 },
  queue: FAULT_QUEUE_SETTINGS,
  silenceMs: 500,
  connectTimeoutMs: 3_000,
  onlineDeadlineMs: 1_500,
};
export type WorkerHandle = {
  readonly child: ChildProcess;
  /** Resolves when the worker is at its stop. */
  readonly stopped: Promise<void>;
  readonly ready: Promise<void>;
  /** The number of times that it reached its stop. */
  stops(): number;
  /** Whether it has printed this. */
  heard(line: string): boolean;
  resumeAndFollow(): void;
  kill(): Promise<void>;
};

export async function connectionsOf(urls: { offline: string; online: string; queue: string }): Promise<Connections> {
  const connection = sourceLimits({ statementTimeoutMs: 60_000, connectTimeoutMs: 30_000, memoryLimitMb: 256 });
  return {
    offline: { url: urls.offline },
    online: { url: urls.online, prefix: 'mr' },
    queue: { url: urls.queue, prefix: 'millrace' },
    sources: { shop: { url: urls.offline, ...connection } },
  };
}

/** Separate stores on the servers of this test run. */
export async function freshConnections(): Promise<Connections> {
  const [offline, online, queue] = [await migratedDatabase(), await freshRedis('online'), await freshRedis('queue')];
  return connectionsOf({ offline, online, queue });
}

/** This process' view of a system: no worker in it. */
export async function openFaultApp(connections: Connections): Promise<App> {
  const app = openApp({ folder: process.cwd(), connections, log: silentLog, settings: FAULT_SETTINGS });
  await migrate(app.database);
  return app;
}

export function startFaultScheduler(app: App, views: readonly FeatureView[]): Promise<AsyncDisposable> {
  return startProjectScheduler(app, { views, jobs: [] }, { version: 'test' });
}

export async function applyViews(app: App, ...views: readonly FeatureView[]): Promise<void> {
  await deployViewRows(app.database, views.map(fingerprinted));
}

export type ProcessExtras = {
  /** How far its clock is ahead of the others; negative if it is behind. */
  readonly clockAheadMs?: number;
  readonly queueSettings?: Partial<QueueSettings>;
};

/** Starts a worker process; it ends with this one or, earlier, when it stages a run of the view `poison`. */
export function startWorkerProcess(
  connections: Connections,
  stop: Stop | null,
  poison: string | null = null,
  extras: ProcessExtras = {},
): WorkerHandle {
  const orders: WorkerOrders = {
    connections,
    settings: { ...FAULT_SETTINGS, queue: { ...FAULT_QUEUE_SETTINGS, ...extras.queueSettings } },
    stop,
    poison,
  };
  return startProcess('worker-process.ts', orders, extras);
}

/** Starts an API process on this port; it ends with this one. */
export function startApiProcess(connections: Connections, access: ApiAccess, port: number): WorkerHandle {
  const orders: ApiOrders = { connections, settings: FAULT_SETTINGS, access, port };
  return startProcess('api-process.ts', orders, {});
}

/** Starts a scheduler process over these definitions; it ends with this one. */
export function startSchedulerProcess(
  connections: Connections,
  definitions: SchedulerOrders['definitions'],
  extras: ProcessExtras = {},
): WorkerHandle {
  const orders: SchedulerOrders = {
    connections,
    settings: { ...FAULT_SETTINGS, queue: { ...FAULT_QUEUE_SETTINGS, ...extras.queueSettings } },
    definitions,
  };
  return startProcess('scheduler-process.ts', orders, extras);
}

function startProcess(
  script: string,
  orders: WorkerOrders | SchedulerOrders | ApiOrders,
  { clockAheadMs = 0 }: ProcessExtras,
): WorkerHandle {
  const clock = clockAheadMs === 0 ? {} : shiftedClock(clockAheadMs);
  // With the flags of the command.
  const flags = ['--max-semi-space-size=16', '--heap-growing-percent=25'];
  const child = spawn(process.execPath, [...flags, fileURLToPath(new URL(script, import.meta.url))], {
    env: { ...process.env, ...clock, MILLRACE_TEST_ORDERS: JSON.stringify(orders) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ready = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const heard = new Set<string>();
  let stops = 0;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    heard.add(line);
    if (line === 'ready') ready.resolve();
    if (line.startsWith('at ')) {
      stops += 1;
      stopped.resolve();
    }
  });
  const handle: WorkerHandle = {
    child,
    ready: ready.promise,
    stopped: stopped.promise,
    stops: () => stops,
    heard: (line) => heard.has(line),
    resumeAndFollow: () => void child.stdin.write('go\n'),
    kill: async () => {
      child.kill('SIGKILL');
      child.kill('SIGCONT');
      await ended;
    },
  };
  // Also after a failed test; a stopped process ends only when it is killed.
  onTestFinished(() => handle.kill());
  return handle;
}

/** The content of both stores for a view, without run and publish numbers, as one text. */
export async function dumpStores(app: App, view: FeatureView): Promise<string> {
  const columns = view.features.map(({ name }) => `"${name}"::text`).join(', ');
  const offline = await app.database.query<Record<string, unknown>>(
    `select entity_id, event_timestamp::text, ${columns} from features."${view.name}" order by 1, 2`,
  );
  return [...offline.map((row) => JSON.stringify(row)), ...(await dumpOnline(app, view))].join('\n');
}

async function dumpOnline({ online: { redis } }: App, view: FeatureView): Promise<string[]> {
  const [keys] = await redis.send([['KEYS', `mr:${view.name}:*`]]);
  const names = (keys as string[]).sort();
  const hashes = await redis.send(names.map((key) => ['HGETALL', key] as const));
  return names.flatMap((key, index) => {
    const fields = fieldsOf(hashes[index]);
    // A tombstone only marks absence.
    return fields.length === 0 ? [] : [`${key} ${JSON.stringify(fields)}`];
  });
}

function fieldsOf(reply: unknown): [string, string][] {
  const flat = reply as string[];
  const fields: [string, string][] = [];
  for (let index = 0; index < flat.length; index += 2) fields.push([flat[index] ?? '', flat[index + 1] ?? '']);
  return fields.filter(([name]) => name !== '_rev').sort(([a], [b]) => (a < b ? -1 : 1));
}

export function fingerprintOf(dump: string): string {
  return createHash('sha256').update(dump).digest('hex');
}

export async function runState(app: App, run: number): Promise<{ state: string; stage: string; attempt: number }> {
  const [row] = await app.database.query<{ state: string; stage: string; attempt: number }>(
    'select state, stage, attempt from millrace.run where id = $1',
    [run],
  );
  if (row === undefined) throw new Error(`there is no run ${run}`);
  return row;
}

export function untilClosed(app: App, run: number, withinMs?: number): Promise<void> {
  const isClosed = async () => !['planned', 'active', 'committed'].includes((await runState(app, run)).state);
  return until(isClosed, withinMs);
}

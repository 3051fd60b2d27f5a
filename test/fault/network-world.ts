// A system with an unreliable network: one process reaches its servers through forwarders, all others directly.

import { expect, onTestFinished } from 'vitest';
import type { App } from '../../src/app.ts';
import type { Connections } from '../../src/definition/connections/connections.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import {
  applyViews,
  dumpStores,
  freshConnections,
  openFaultApp,
  runState,
  startFaultScheduler,
  startSchedulerProcess,
  startWorkerProcess,
  type WorkerHandle,
} from '../support/processes/fault-world.ts';
import type { Stop } from '../support/processes/worker-process.ts';
import { until } from '../support/until.ts';
import { createOrders, expectedStores, ORDERS, planRound, writeRound } from './shop-orders.ts';

export type Target = 'postgres' | 'queue' | 'online';
export type Fault = keyof typeof FAULTS;
export type Network = Readonly<Record<Target, Forwarder>>;

export const FAULTS = {
  'freezes the connections there are': (to: Forwarder) => to.freeze('existing'),
  'freezes every second connection': (to: Forwarder) => to.freezeHalf(),
  'cuts every connection': (to: Forwarder) => to.cut(),
  'closes the side of the server': (to: Forwarder) => to.halfOpen(),
  'closes the side of the client': (to: Forwarder) => to.halfClose(),
  'delays every byte': (to: Forwarder) => to.delay(DELAY_MS),
  'lets nothing through for a while': (to: Forwarder) => to.outage(OUTAGE_MS),
} as const;

export const ALL_FAULTS = Object.keys(FAULTS) as Fault[];

const DELAY_MS = 40;
const OUTAGE_MS = 2_000;
export type NetworkWorld = {
  readonly app: App;
  readonly network: Network;
  /** The process behind the forwarders. */
  readonly process: WorkerHandle;
  /** Plans one more run over other rows; returns its id. */
  nextRun(): Promise<number>;
  /** Continues the process at each of its stops, until the run is closed. */
  untilDone(run: number): Promise<void>;
  heal(): void;
};

/** A worker behind forwarders that waits at its stop in each run; the scheduler has a reliable network. */
export async function openWorkerWorld(stop: Stop | null): Promise<NetworkWorld> {
  const { app, network, behind } = await openNetwork();
  const scheduler = await startFaultScheduler(app, [ORDERS]);
  onTestFinished(() => scheduler[Symbol.asyncDispose]());
  return worldOf(app, network, startWorkerProcess(behind, stop));
}

/** A scheduler behind forwarders; a worker has a reliable network. */
export async function openSchedulerWorld(): Promise<NetworkWorld> {
  const { app, network, behind } = await openNetwork();
  const worker = startWorkerProcess(app.connections, null);
  await worker.ready;
  return worldOf(app, network, startSchedulerProcess(behind, { views: [ORDERS], jobs: [] }));
}

async function openNetwork(): Promise<{ app: App; network: Network; behind: Connections }> {
  const app = await openFaultApp(await freshConnections());
  onTestFinished(() => app[Symbol.asyncDispose]());
  await createOrders(app);
  await applyViews(app, ORDERS);
  const { offline, queue, online, sources } = app.connections;
  const network = {
    postgres: await startForwarder(offline.url),
    queue: await startForwarder(queue.url),
    online: await startForwarder(online.url),
  };
  const behind: Connections = {
    offline: { url: network.postgres.url },
    queue: { ...queue, url: network.queue.url },
    online: { ...online, url: network.online.url },
    sources,
  };
  return { app, network, behind };
}

async function worldOf(app: App, network: Network, process: WorkerHandle): Promise<NetworkWorld> {
  await process.ready;
  let round = 0;
  let resumed = 0;
  return {
    app,
    network,
    process,
    nextRun: async () => {
      round += 1;
      await writeRound(app, round);
      return planRound(app);
    },
    untilDone: (run) =>
      until(async () => {
        for (; resumed < process.stops(); resumed += 1) process.resumeAndFollow();
        return (await runState(app, run)).state === 'done';
      }),
    heal: () => {
      for (const forwarder of Object.values(network)) forwarder.heal();
    },
  };
}

/** Both stores match the source, every run was committed once, and the process has survived. */
export async function expectNothingLost({ app, process }: NetworkWorld): Promise<void> {
  expect(await dumpStores(app, ORDERS)).toBe(await expectedStores(app));
  const duplicates = await app.database.query(
    `select run_id from millrace.event where kind = 'covered' group by 1 having count(*) > 1`,
  );
  expect(duplicates).toEqual([]);
  expect(await app.database.query('select covered = published as published from millrace.coverage')).toEqual([
    { published: true },
  ]);
  expect(process.child.exitCode).toBeNull();
}

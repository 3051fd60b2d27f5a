// Servers that crash or lose data during a run, and one run delivered to two workers.

import { describe, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import { verifyView } from '../../src/online/verify.ts';
import { startProjectScheduler, startProjectWorker } from '../../src/processes/processes.ts';
import { openQueues } from '../../src/queue/queues.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../src/queue/settings.ts';
import { performRun } from '../../src/run/perform.ts';
import type { Stage } from '../../src/run/stage.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { job, LEAP_DAYS } from '../queue/world.ts';
import {
  applyViews,
  connectionsOf,
  dumpStores,
  FAULT_SETTINGS,
  freshConnections,
  openFaultApp,
  runState,
  startWorkerProcess,
  untilClosed,
} from '../support/processes/fault-world.ts';
import { freshRedis } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { createOrders, ENTITIES, ORDERS, planRound, writeRound } from './shop-orders.ts';

const never = new AbortController().signal;

async function withOrders(app: App): Promise<App> {
  await createOrders(app);
  await writeRound(app, 1);
  await applyViews(app, ORDERS);
  return app;
}

describe('a Postgres that crashes after staging', () => {
  test('loses the staged rows, and the run extracts them again', async () => {
    await using postgres = await startPostgres();
    const offline = await postgres.createDatabase();
    const performed: string[] = [];
    const crashOnce = async (stage: string) => {
      performed.push(stage);
      if (stage !== 'extract' || performed.filter((name) => name === 'extract').length > 1) return;
      await postgres.stopImmediate();
      await postgres.start();
    };
    await using app = openApp({
      folder: process.cwd(),
      connections: await connectionsOf({ offline, online: await freshRedis(), queue: await freshRedis('queue') }),
      log: silentLog,
      settings: FAULT_SETTINGS,
      changeStages: (stages) => stages.map((stage) => followed(stage, crashOnce)),
    });
    await migrate(app.database);
    await withOrders(app);
    const run = await planRound(app);
    await until(async () => ['completed', 'skipped'].includes((await performRun(app.engine, run, never)).kind));
    expect(performed.filter((name) => name === 'extract')).toHaveLength(2);
    expect(await runState(app, run)).toMatchObject({ state: 'done' });
    await using calm = await withOrders(await openFaultApp(await freshConnections()));
    await performRun(calm.engine, await planRound(calm), never);
    expect(await dumpStores(app, ORDERS)).toBe(await dumpStores(calm, ORDERS));
  });
});

function followed(stage: Stage, follow: (name: string) => Promise<void>): Stage {
  return {
    name: stage.name,
    perform: async (run, signal) => {
      const performed = await stage.perform(run, signal);
      await follow(stage.name);
      return performed;
    },
  };
}

describe('one run delivered to two workers', () => {
  test('is done by one of them', async () => {
    await using app = await withOrders(await openFaultApp(await freshConnections()));
    const workers = [startWorkerProcess(app.connections, null), startWorkerProcess(app.connections, null)];
    await Promise.all(workers.map((worker) => worker.ready));
    const run = await planRound(app);
    await Promise.all(Array.from({ length: 10 }, () => app.deliver([run])));
    await untilClosed(app, run);
    expect(await runState(app, run)).toEqual({ state: 'done', stage: 'done', attempt: 1 });
    const covered = await app.database.query(`select run_id from millrace.event where kind = 'covered'`);
    expect(covered).toEqual([{ run_id: run }]);
    await Promise.all(workers.map((worker) => worker.kill()));
  });
});

describe('both Redis flushed while a worker publishes', () => {
  // It has a schedule, but plans no run before the test does.
  const SELDOM = job({ cron: LEAP_DAYS, views: ['orders'] });

  test('schedules come back, and verify finds no difference', async () => {
    await using online = await startRedis();
    await using queue = await startRedis();
    const connections = { ...(await freshConnections()) };
    await using app = await withOrders(
      await openFaultApp({
        ...connections,
        online: { url: online.url, prefix: 'mr' },
        queue: { url: queue.url, prefix: 'millrace' },
      }),
    );
    const options = { version: 'test' };
    await using _scheduler = await startProjectScheduler(app, { views: [ORDERS], jobs: [SELDOM] }, options);
    await using _worker = await startProjectWorker(app, { ...options, concurrency: 2 });
    await using queues = await openQueues({
      queue: app.connections.queue,
      connectionName: 'test',
      clock: app.clock,
      settings: DEFAULT_QUEUE_SETTINGS,
    });
    const schedules = async () => (await queues.tick.getJobSchedulers()).length;
    await until(async () => (await schedules()) === 1);
    for (let round = 2; round < 6; round += 1) {
      await writeRound(app, round);
      const run = await planRound(app);
      await app.deliver([run]);
      await until(async () => (await app.online.redis.send([['DBSIZE']]))[0] !== 0);
      await app.online.redis.send([['FLUSHALL']]);
      await queues.exchange((connection) => connection.flushall());
      await untilClosed(app, run);
    }
    await until(async () => (await schedules()) === 1);
    const verified = () => verifyView({ database: app.database, online: app.online, view: ORDERS, signal: never });
    await until(async () => (await verified()).total === 0 && (await verified()).comparedOnline > 0);
    expect((await verified()).comparedOffline).toBeGreaterThan(ENTITIES / 2);
    // Its rows are stored before the run has ended.
    const rebuilt = () => app.database.query("select from millrace.event where kind = 'rebuilt'");
    await until(async () => (await rebuilt()).length > 0);
  });
});

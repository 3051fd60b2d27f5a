// Servers are unavailable for a while during many runs: workers recover, and every day is stored once.

import { describe, expect, onTestFinished, test } from 'vitest';
import type { App } from '../../src/app.ts';
import type { Connections } from '../../src/definition/connections/connections.ts';
import { verifyView } from '../../src/online/verify.ts';
import { type RedisServer, startPostgres, startRedis } from '../../src/servers/servers.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import {
  applyViews,
  connectionsOf,
  FAULT_QUEUE_SETTINGS,
  freshConnections,
  openFaultApp,
  startFaultScheduler,
  startWorkerProcess,
  type WorkerHandle,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';

const DAYS = 30;
const SPEND = view({ end: at('2026-01-31') });
/** A lock in production lasts 30 s; these tests are faster by the same factor. */
const SCALE = (FAULT_QUEUE_SETTINGS.lockMs ?? 0) / 30_000;
const PATIENCE = { ...DEFAULT_RUN_OPTIONS, backoffMs: 50, backoffMaxMs: 200 };

type Busy = { readonly app: App; readonly worker: WorkerHandle };

/** A scheduler here and a worker process, which has started on the days. */
async function busy(connections: Connections): Promise<Busy> {
  const app = await openFaultApp(connections);
  onTestFinished(() => app[Symbol.asyncDispose]());
  await app.database.run('create table spend (entity_id text, value float8)');
  await app.database.run(`insert into spend select 'c' || n, n from generate_series(1, 50) n`);
  await applyViews(app, SPEND);
  const scheduler = await startFaultScheduler(app, [SPEND]);
  onTestFinished(() => scheduler[Symbol.asyncDispose]());
  const worker = startWorkerProcess(connections, null);
  await worker.ready;
  await app.deliver(await planDue(app.database, await requireAppliedView(app.database, 'spend'), 'schedule', PATIENCE));
  return { app, worker };
}

async function untilDone({ app: { database } }: Busy, share: number): Promise<void> {
  const done = () =>
    database.query<{ done: number }>(`select count(*)::int as done from millrace.run where state = 'done'`);
  await until(async () => ((await done().catch(() => []))[0]?.done ?? 0) >= DAYS * share);
}

/** Every day was stored once by its planned run, both stores agree, and the worker has survived. */
async function expectEachDayOnce({ app, worker }: Busy): Promise<void> {
  const { database, online } = app;
  const counted = await database.query(
    `select count(*)::int as runs, count(distinct span)::int as spans,
            (select count(*)::int from millrace.event where kind = 'covered') as covered,
            (select count(*)::int from features.spend) as rows
       from millrace.run where state = 'done'`,
  );
  expect(counted).toEqual([{ runs: DAYS, spans: DAYS, covered: DAYS, rows: DAYS * 50 }]);
  const published = () => database.query('select covered = published as published from millrace.coverage');
  await until(async () => JSON.stringify(await published()) === '[{"published":true}]');
  const verified = await verifyView({ database, online, view: SPEND, signal: new AbortController().signal });
  expect(verified).toMatchObject({ comparedOffline: 50, comparedOnline: 50, total: 0 });
  expect(worker.child.exitCode).toBeNull();
}

/** Real time has to pass, since it is the outage. */
async function passes(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  await until(() => performance.now() >= end);
}

async function onRedis(redis: RedisServer): Promise<Connections> {
  const connections = await freshConnections();
  return {
    ...connections,
    online: { url: `${redis.url}/1`, prefix: 'mr' },
    queue: { url: `${redis.url}/0`, prefix: 'millrace' },
  };
}

const OUTAGES = [
  { seconds: 3, how: 'answers nothing' },
  { seconds: 9, how: 'is stopped' },
  { seconds: 20, how: 'answers nothing' },
  { seconds: 20, how: 'is stopped' },
] as const;

describe('a Redis of queue and online store', () => {
  test.each(OUTAGES)(
    'that $how for $seconds s delays runs without losing or repeating any',
    async ({ seconds, how }) => {
      await using redis = await startRedis({ appendonly: 'yes' });
      const world = await busy(await onRedis(redis));
      for (const share of [0.1, 0.5]) {
        await untilDone(world, share);
        if (how === 'is stopped') await redis.stop();
        else redis.pause();
        await passes(seconds * 1_000 * SCALE);
        if (how === 'is stopped') await redis.start();
        else redis.resume();
      }
      await untilDone(world, 1);
      await expectEachDayOnce(world);
    },
  );
});

describe('the Postgres of state and offline store', () => {
  test.each(['restart', 'crash'])('is away by a %s during runs, which recover', async (how) => {
    await using postgres = await startPostgres();
    const connections = await freshConnections();
    const offline = await postgres.createDatabase();
    const world = await busy(
      await connectionsOf({ offline, online: connections.online.url, queue: connections.queue.url }),
    );
    for (const share of [0.1, 0.5]) {
      await untilDone(world, share);
      if (how === 'restart') await postgres.restart();
      else {
        await postgres.stopImmediate();
        await postgres.start();
      }
    }
    await untilDone(world, 1);
    await expectEachDayOnce(world);
  });
});

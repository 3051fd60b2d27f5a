import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { text } from '../../src/core/message.ts';
import { identityOf } from '../../src/processes/processes.ts';
import { deliverRuns } from '../../src/queue/delivery/deliver.ts';
import { Snooze } from '../../src/run/outcome.ts';
import { Shutdown } from '../../src/run/shutdown.ts';
import type { Stage } from '../../src/run/stage.ts';
import { startRedis } from '../../src/servers/servers.ts';
import { aliveProcesses, aliveWorkers, reportAlive } from '../../src/state/processes.ts';
import { slowTest } from '../support/sample.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import type { WorldOptions } from '../support/world.ts';
import { FAST, openQueueWorld, type QueueWorld, states } from './world.ts';

/** A world with one delivered run, whose `stage` calls `before` first. */
async function withRun(
  before: (call: number, signal: AbortSignal) => Promise<void>,
  options: WorldOptions & { queueUrl?: string } = {},
): Promise<QueueWorld> {
  let calls = 0;
  const changed = (stage: Stage): Stage => ({
    name: stage.name,
    perform: async (run, signal) => {
      calls += 1;
      await before(calls, signal);
      return stage.perform(run, signal);
    },
  });
  const world = await openQueueWorld({
    ...options,
    changeStages: (stages) => stages.map((stage) => (stage.name === 'extract' ? changed(stage) : stage)),
  });
  await world.system.apply(view({ end: at('2026-01-02') }));
  await deliverRuns(world.queues, world.system.app.database, await world.system.plan('spend', PATIENCE));
  return world;
}

const PATIENCE = { attempts: 3, backoffMs: 10, backoffMaxMs: 20 };

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

const row = async ({ system }: QueueWorld) =>
  (await system.sql('select state, attempt, deliveries, owner, lease_until from millrace.run'))[0];

const inState = (world: QueueWorld, state: string) => until(async () => (await row(world))?.['state'] === state);

const endedJobs = async ({ queues }: QueueWorld) => {
  const jobs = await queues.run.getJobs(['completed', 'failed']);
  const ended = jobs.sort((a, b) => a.data.delivery - b.data.delivery);
  return ended.map((job) => [job.data.delivery, job.failedReason ?? job.returnvalue]);
};

describe('startWorker', () => {
  test('performs delivered runs, and shows their outcomes', async () => {
    await using world = await withRun(async () => {});
    await using _worker = await world.worker();
    await inState(world, 'done');
    await until(async () => (await endedJobs(world)).length === 1);
    expect(await endedJobs(world)).toEqual([[1, { run: 1, state: 'done' }]]);
  });

  test('performs a run once although two workers have it', async () => {
    let begun = 0;
    await using world = await withRun(async () => {
      begun += 1;
    });
    await Promise.all(Array.from({ length: 5 }, () => deliverRuns(world.queues, world.system.app.database, [1])));
    await using _one = await world.worker();
    await using _other = await world.worker();
    await inState(world, 'done');
    await until(async () => (await world.queues.run.getJobCountByTypes('wait', 'prioritized', 'active')) === 0);
    expect(begun).toBe(1);
    expect(
      await world.system.sql(`select kind, count(*) from millrace.event where kind = 'covered' group by 1`),
    ).toEqual([{ kind: 'covered', count: 1 }]);
  });

  test('refuses job data that is not ours', async () => {
    await using world = await openQueueWorld();
    await using _worker = await world.worker();
    const nonsense = [{ run: '17' }, { run: 17, delivery: 1, also: 'this' }, 'drop table'];
    for (const data of nonsense) await world.queues.run.add('edited', data as never, { attempts: 1 });
    await until(async () => (await world.queues.run.getFailedCount()) === nonsense.length);
    const [failed] = await world.queues.run.getFailed();
    expect(failed?.failedReason).toBe(
      'This job\'s data is not in Millrace\'s format: expected something like {"run": 17, "delivery": 1}.',
    );
  });

  test('delivers a snoozed run again after its time, without using an attempt', async () => {
    await using world = await withRun(async (call) => {
      if (call < 3) throw new Snooze({ kind: 'text', facts: { text: 'its file is missing' } }, 50);
    });
    await using _worker = await world.worker();
    await inState(world, 'done');
    await until(async () => (await endedJobs(world)).length === 3);
    expect(await row(world)).toMatchObject({ attempt: 1, deliveries: 3 });
    const snoozed = { snoozed: 'text', delayMs: 50 };
    expect((await endedJobs(world)).slice(0, 2)).toEqual([
      [1, snoozed],
      [2, snoozed],
    ]);
  });

  test('retries a failing run as often as its job allows, and then holds it', async () => {
    await using world = await withRun(async () => {
      throw new Failure('SOURCE_UNAVAILABLE', text`The shop is closed.`);
    });
    await using _worker = await world.worker();
    await inState(world, 'failed');
    await until(async () => (await endedJobs(world)).length === 3);
    expect(await row(world)).toMatchObject({ attempt: 3, deliveries: 3 });
    expect(await endedJobs(world)).toEqual([1, 2, 3].map((delivery) => [delivery, 'The shop is closed.']));
    expect(await world.system.sql(`select kind, note from millrace.event where kind = 'held'`)).toEqual([
      {
        kind: 'held',
        note: { kind: 'run_failed', facts: { code: 'SOURCE_UNAVAILABLE' } },
      },
    ]);
  });

  test('logs each failed attempt once', async () => {
    await using world = await withRun(async () => {
      throw new Failure('SOURCE_UNAVAILABLE', text`The shop is closed.`);
    });
    const worker = await world.worker();
    await inState(world, 'failed');
    await until(async () => (await endedJobs(world)).length === 3);
    await worker.stop(5_000);
    expect(world.log.said.filter(({ event }) => /failed|discarded/.test(event)).map(({ event }) => event)).toEqual([
      'run.failed',
      'run.failed',
      'run.discarded',
    ]);
  });

  test('keeps no value of a failure in the queue and the log', async () => {
    await using world = await withRun(async () => {
      throw new Failure('SOURCE_UNAVAILABLE', text`The shop has no room for ${'ada@example.org'}.`);
    });
    await using _worker = await world.worker();
    await inState(world, 'failed');
    await until(async () => (await endedJobs(world)).length === 3);
    expect(await endedJobs(world)).toEqual(
      [1, 2, 3].map((delivery) => [delivery, 'The shop has no room for [redacted].']),
    );
    const jobs = await world.queues.run.getJobs(['failed']);
    expect(JSON.stringify([jobs, world.log.said])).not.toContain('ada@example.org');
    expect(JSON.stringify(await world.system.sql('select error from millrace.run'))).toContain('ada@example.org');
  });

  test('releases its runs when it is stopped, and another worker finishes them', async () => {
    let begun = 0;
    await using world = await withRun(async (call, signal) => {
      begun = call;
      if (call === 1) await aborted(signal);
    });
    const first = await world.worker();
    await until(() => begun === 1);
    await first.stop(5_000);
    expect(await row(world)).toMatchObject({
      state: 'planned',
      attempt: 0,
      owner: null,
      lease_until: null,
      deliveries: 2,
    });
    await using _second = await world.worker();
    await inState(world, 'done');
  });

  test('reclaims the run of a dead worker as soon as its lease has ended', async () => {
    await using world = await withRun(async () => {});
    // The lease begins when the worker has started, which takes longer than the lease on a busy machine.
    await world.queues.run.pause();
    await using _worker = await world.worker();
    await world.system.sql(
      `update millrace.run set state = 'active', stage = 'extract', attempt = 1, epoch = 1, owner = 'dead',
              lease_until = millrace.now() + interval '2 seconds'`,
    );
    await world.queues.run.resume();
    await inState(world, 'done');
    expect(await row(world)).toMatchObject({ attempt: 2, deliveries: 2 });
    expect((await endedJobs(world))[0]).toEqual([1, { snoozed: 'leased', delayMs: expect.any(Number) }]);
  });

  test('stops within its grace time while Redis is down', async () => {
    await using redis = await startRedis();
    await using world = await withRun((_, signal) => aborted(signal), { queueUrl: redis.url });
    const worker = await world.worker();
    await inState(world, 'active');
    await redis.kill();
    await worker.stop(1_000);
    expect(await row(world)).toMatchObject({ state: 'planned', lease_until: null });
    expect(await aliveWorkers(world.system.app.database)).toEqual([]);
  });

  slowTest('stops while Redis does not respond', async () => {
    await using redis = await startRedis();
    await using world = await openQueueWorld({ queueUrl: redis.url });
    const worker = await world.worker();
    redis.pause();
    await worker.stop(500);
    redis.resume();
  });

  test('takes jobs again after an outage of Redis', async () => {
    await using redis = await startRedis({ appendonly: 'yes' });
    await using world = await withRun(async () => {}, { queueUrl: redis.url });
    await using _worker = await world.worker();
    await inState(world, 'done');
    await redis.restart();
    await world.system.apply(view({ name: 'other' }));
    const runs = await world.system.plan('other');
    await until(async () => (await deliverRuns(world.queues, world.system.app.database, runs).catch(() => 0)) > 0);
    await until(async () => (await states(world)).every((state) => state === 'done'));
  });

  test('aborts a run with a lost lock in the queue, and releases it', async () => {
    const reasons: unknown[] = [];
    await using world = await withRun(async (call, signal) => {
      if (call > 1) return;
      await aborted(signal).catch((reason: unknown) => {
        reasons.push(reason);
        throw reason;
      });
    });
    await using _worker = await world.worker();
    await inState(world, 'active');
    await world.queues.exchange((redis) => redis.flushdb());
    await inState(world, 'done');
    expect(reasons).toEqual([new Shutdown('job_lock_lost')]);
  });

  test('is listed while it lives', async () => {
    await using world = await openQueueWorld();
    const { database } = world.system.app;
    const worker = await world.worker();
    await until(async () => (await aliveWorkers(database)).length === 1);
    expect((await aliveWorkers(database))[0]).toMatchObject({ kind: 'worker', host: 'test', pid: process.pid });
    await worker.stop(1_000);
    expect(await aliveWorkers(database)).toEqual([]);
  });

  test('counts as alive while it renews the lease of a run, although its reports do not arrive', async () => {
    await using world = await withRun((_, signal) => aborted(signal));
    const { app, sql } = world.system;
    const process = identityOf(app, 'worker', '0.0.0');
    await using _worker = await world.worker({ process, settings: { ...FAST, heartbeatMs: 60_000 } });
    await reportAlive(app.database, identityOf(app, 'scheduler', '0.0.0'));
    await inState(world, 'active');
    await sql(`update millrace.process set seen_at = seen_at - interval '31 seconds'`);
    // The process also has the role of a scheduler, which no lease shows to be alive.
    expect(await aliveProcesses(app.database)).toMatchObject([{ id: process.id, kind: 'worker' }]);
    await sql(`update millrace.process set id = 'x' || id`);
    expect(await aliveWorkers(app.database)).toEqual([]);
    await sql(`update millrace.process set id = substr(id, 2)`);
    await sql(`update millrace.run set lease_until = millrace.now() - interval '1 second'`);
    expect(await aliveWorkers(app.database)).toEqual([]);
  });

  test('reports that it is broken if it takes nothing while jobs wait', async () => {
    await using world = await withRun(async () => {});
    const settings = { ...FAST, silenceMaxMs: 300 };
    await world.queues.exchange((redis) => redis.hset('millrace:run:meta', 'concurrency', '0'));
    await using worker = await world.worker({ settings });
    expect((await worker.broken).message).toMatch(
      /^This worker has taken no jobs for \d+ s although jobs are waiting in queue "run" and Redis is responding\. It exits so that its supervisor restarts it\.$/,
    );
  });
});

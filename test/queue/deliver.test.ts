import { describe, expect, test } from 'vitest';
import { deliverRuns, redeliver } from '../../src/queue/delivery/deliver.ts';
import { performRun } from '../../src/run/perform.ts';
import { startRedis } from '../../src/servers/servers.ts';
import { slowTest } from '../support/sample.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { openQueueWorld, type QueueWorld } from './world.ts';

/** Two planned runs of the view `spend`. */
async function planned(world: QueueWorld): Promise<number[]> {
  await world.system.apply(view());
  return world.system.plan('spend');
}

async function deliveries(world: QueueWorld): Promise<unknown[]> {
  const rows = await world.system.sql('select deliveries from millrace.run order by id');
  return rows.map((row) => row['deliveries']);
}

describe('deliverRuns', () => {
  test('adds a job for each open run, named by view, span, run and delivery, with one attempt', async () => {
    await using world = await openQueueWorld();
    const runs = await planned(world);
    expect(await deliverRuns(world.queues, world.system.app.database, runs)).toBe(2);
    const jobs = await world.queues.run.getPrioritized(0, -1);
    expect(jobs.map(({ id, name, data, opts }) => ({ id, name, data, attempts: opts.attempts }))).toEqual([
      {
        id: 'spend.20260101T000000Z-20260102T000000Z.r1.d1',
        name: 'spend',
        data: { run: 1, delivery: 1 },
        attempts: 1,
      },
      {
        id: 'spend.20260102T000000Z-20260103T000000Z.r2.d1',
        name: 'spend',
        data: { run: 2, delivery: 1 },
        attempts: 1,
      },
    ]);
  });

  test('counts each delivery, so that no id comes twice', async () => {
    await using world = await openQueueWorld();
    const [run = 0] = await planned(world);
    const { database } = world.system.app;
    await deliverRuns(world.queues, database, [run]);
    await deliverRuns(world.queues, database, [run], 60_000);
    expect(await deliveries(world)).toEqual([2, 0]);
    const [later] = await world.queues.run.getDelayed();
    expect(later?.id).toBe('spend.20260101T000000Z-20260102T000000Z.r1.d2');
  });

  test('leaves out closed runs', async () => {
    await using world = await openQueueWorld();
    const runs = await planned(world);
    await world.system.perform(runs[0] ?? 0);
    expect(await deliverRuns(world.queues, world.system.app.database, runs)).toBe(1);
  });

  test('delivers runs of a backfill to their own queue', async () => {
    await using world = await openQueueWorld();
    const runs = await planned(world);
    await world.system.sql(`update millrace.run set reason = 'backfill' where id = $1`, [runs[0]]);
    await deliverRuns(world.queues, world.system.app.database, runs);
    expect(await world.queues.backfill.getWaitingCount()).toBe(1);
    expect(await world.queues.run.getPrioritizedCount()).toBe(1);
  });

  test('prefers jobs with the lower number, also when runs are delivered again', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view(), view({ name: 'urgent' }));
    const { database } = world.system.app;
    const later = await world.system.plan('spend', { priority: 9 });
    const sooner = await world.system.plan('urgent', { priority: 1 });
    await deliverRuns(world.queues, database, [...later, ...sooner]);
    const [first = 0] = sooner;
    await world.queues.run.remove(`urgent.20260101T000000Z-20260102T000000Z.r${first}.d1`);
    await redeliver(world.queues, database, { run: first, delivery: 1 }, 0);
    const performed: number[] = [];
    const perform = (run: number) => {
      performed.push(run);
      return performRun(world.system.app.engine, run, new AbortController().signal);
    };
    await using _worker = await world.worker({ concurrency: 1, perform });
    await until(() => performed.length === 4);
    expect(performed).toEqual([...sooner.slice(1), first, ...later]);
  });

  test('reports in one sentence that Redis is unavailable, without its password, and has counted the delivery', async () => {
    await using redis = await startRedis();
    await using world = await openQueueWorld({ queueUrl: redis.url });
    const runs = await planned(world);
    await redis.kill();
    const failed = deliverRuns(world.queues, world.system.app.database, runs);
    await expect(failed).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      message: expect.stringMatching(
        new RegExp(`^The queue \\(redis://127\\.0\\.0\\.1:${redis.port}\\) is not responding: [^@]*\\.$`),
      ),
    });
    expect(await deliveries(world)).toEqual([1, 1]);
  });

  slowTest('gives up on a silent Redis after the deadline, and recovers', async () => {
    await using redis = await startRedis();
    await using world = await openQueueWorld({ queueUrl: redis.url });
    const runs = await planned(world);
    redis.pause();
    const failed = deliverRuns(world.queues, world.system.app.database, runs);
    await expect(failed).rejects.toThrow('has not responded for 3 s.');
    redis.resume();
    const deliver = () => deliverRuns(world.queues, world.system.app.database, runs).catch(() => null);
    await until(async () => (await deliver()) === 2);
  });
});

describe('redeliver', () => {
  test('adds nothing if there is a newer delivery, so that duplicate jobs become one', async () => {
    await using world = await openQueueWorld();
    const [run = 0] = await planned(world);
    const { database } = world.system.app;
    await deliverRuns(world.queues, database, [run]);
    await deliverRuns(world.queues, database, [run]);
    expect(await redeliver(world.queues, database, { run, delivery: 1 }, 0)).toBe(0);
    expect(await redeliver(world.queues, database, { run, delivery: 2 }, 0)).toBe(1);
    expect(await deliveries(world)).toEqual([3, 0]);
  });
});

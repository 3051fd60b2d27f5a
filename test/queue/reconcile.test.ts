import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Job } from '../../src/definition/job.ts';
import { deliverRuns } from '../../src/queue/delivery/deliver.ts';
import { rememberTicks } from '../../src/queue/leader/missed-ticks.ts';
import { reconcile } from '../../src/queue/leader/reconcile.ts';
import { until } from '../support/until.ts';
import { at, EPOCH, view } from '../support/views.ts';
import { job, openQueueWorld, type QueueWorld, states } from './world.ts';

async function reconciled(world: QueueWorld, jobs: readonly Job[] = []): Promise<void> {
  const { system, queues, log } = world;
  const settings = { deliveryGraceMs: 0, stuckMs: 60_000, tickGraceMs: 0 };
  const deployed = jobs.map((one) => ({ ...one, since: EPOCH }));
  const schedules = { jobs: deployed, takenSince: null, lastTick: rememberTicks() };
  const options = { database: system.app.database, queues, ...schedules, clock: systemClock, log, settings };
  await reconcile(options, new AbortController().signal);
}

/** Two runs of the view `spend`, planned and delivered. */
async function delivered(world: QueueWorld): Promise<number[]> {
  await world.system.apply(view());
  const runs = await world.system.plan('spend');
  await deliverRuns(world.queues, world.system.app.database, runs);
  return runs;
}

const waiting = async ({ queues }: QueueWorld) =>
  (await queues.run.getPrioritized()).map(({ id }) => id?.split('.').slice(-2).join('.')).sort();

describe('reconcile', () => {
  test('ignores runs with a waiting, delayed or done delivery', async () => {
    await using world = await openQueueWorld();
    const runs = await delivered(world);
    await world.system.perform(runs[0] ?? 0);
    await reconciled(world);
    expect(await waiting(world)).toEqual(['r1.d1', 'r2.d1']);
  });

  test('delivers a run with a lost job again', async () => {
    await using world = await openQueueWorld();
    await delivered(world);
    await world.queues.run.remove('spend.20260101T000000Z-20260102T000000Z.r1.d1');
    await reconciled(world);
    expect(await waiting(world)).toEqual(['r1.d2', 'r2.d1']);
  });

  test('delivers an open run again if its newest job failed, with a new id', async () => {
    await using world = await openQueueWorld();
    await delivered(world);
    const worker = await world.worker({ perform: () => Promise.reject(new Error('the record is away')) });
    await until(async () => (await world.queues.run.getFailedCount()) === 2);
    await worker.stop(1_000);
    await reconciled(world);
    expect(await waiting(world)).toEqual(['r1.d2', 'r2.d2']);
    await using _worker = await world.worker();
    await until(async () => (await states(world)).join() === 'done,done');
    expect(await world.queues.run.getFailedCount()).toBe(2);
  });

  test('delivers all open runs after a flush, including runs that were never delivered', async () => {
    await using world = await openQueueWorld();
    await delivered(world);
    await world.system.apply(view({ name: 'other' }));
    await world.system.plan('other');
    await world.queues.exchange((redis) => redis.flushdb());
    await reconciled(world);
    expect(await waiting(world)).toEqual(['r1.d2', 'r2.d2', 'r3.d1', 'r4.d1']);
  });

  test('delivers a committed run with a dead worker again, and no closed ones', async () => {
    await using world = await openQueueWorld();
    const { system } = world;
    await system.apply(view());
    await system.plan('spend');
    await system.sql(`update millrace.run set state = 'committed', stage = 'publish', lease_until = millrace.now() - interval '1 s'
                       where id = 1`);
    await system.sql(
      `update millrace.run set state = 'cancelled', stage = 'done', closed_at = millrace.now() where id = 2`,
    );
    await reconciled(world);
    expect(await waiting(world)).toEqual(['r1.d1']);
  });

  test('does not deliver waiting runs, and runs with a live worker', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await world.system.plan('spend');
    await world.system.sql(`update millrace.run set not_before = millrace.now() + interval '1 hour' where id = 1`);
    await world.system.sql(
      `update millrace.run set state = 'active', lease_until = millrace.now() + interval '1 hour' where id = 2`,
    );
    await reconciled(world);
    expect(await waiting(world)).toEqual([]);
    await world.system.sql(`update millrace.run set lease_until = millrace.now() - interval '1 second' where id = 2`);
    await reconciled(world);
    expect(await waiting(world)).toEqual(['r2.d1']);
  });

  test('delivers a run again if a live worker has its job but has not claimed it for several leases', async () => {
    await using world = await openQueueWorld();
    const { system, queues } = world;
    await system.apply(view({ end: at('2026-01-02') }));
    const runs = await system.plan('spend');
    await deliverRuns(queues, system.app.database, runs);
    const hung = Promise.withResolvers<never>();
    // It keeps renewing the lock of its job.
    const worker = await world.worker({ concurrency: 1, perform: () => hung.promise });
    await until(async () => (await queues.run.getActiveCount()) === 1);
    await reconciled(world);
    expect(await waiting(world)).toEqual([]);
    await system.sql(`update millrace.run set delivered_at = delivered_at - interval '61 seconds'`);
    await reconciled(world);
    expect(await system.sql('select state, deliveries from millrace.run')).toEqual([
      { state: 'planned', deliveries: 2 },
    ]);
    await using _healthy = await world.worker();
    await until(async () => (await states(world)).join() === 'done');
    await worker.stop(0);
  });

  test('drops the staging tables of no open run, without waiting for sessions that use one', async () => {
    await using world = await openQueueWorld();
    for (const name of ['run_1_1', 'run_2_1']) await world.system.sql(`create unlogged table staging.${name} ()`);
    await using reader = await world.system.app.database.reserve();
    await reader.session.run('begin');
    await reader.session.query('select from staging.run_1_1');
    await reconciled(world);
    const tables = () => world.system.sql(`select tablename as name from pg_tables where schemaname = 'staging'`);
    expect(await tables()).toEqual([{ name: 'run_1_1' }]);
    await reader.session.run('rollback');
    await reconciled(world);
    expect(await tables()).toEqual([]);
  });

  test('leaves the staging tables of open runs alone', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await world.system.plan('spend');
    await world.system.sql('create unlogged table staging.run_1_1 ()');
    await world.system.sql(`update millrace.run set staging_table = 'staging."run_1_1"', stage = 'check' where id = 1`);
    await reconciled(world);
    expect(await world.system.sql(`select to_regclass('staging.run_1_1') is not null as there`)).toEqual([
      { there: true },
    ]);
  });

  test('does every other part when one fails', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await world.system.plan('spend');
    await reconciled(world, [job({ name: 'never', cron: '0 0 30 2 *' }), job()]);
    const failed = world.log.said.filter(({ event }) => event === 'reconcile.failed');
    expect(failed.map(({ facts }) => [facts['part'], facts['code']])).toEqual([['schedules', 'DEFINITION_INVALID']]);
    expect(await world.queues.tick.getJobSchedulersCount()).toBe(1);
    expect(await waiting(world)).toEqual(['r1.d1', 'r2.d1']);
  });
});

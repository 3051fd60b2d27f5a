import { describe, expect, test } from 'vitest';
import type { Job } from '../../src/definition/job.ts';
import { startProjectScheduler } from '../../src/processes/processes.ts';
import { settingsOf } from '../../src/settings.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { deployJobs, FAST, job, LEAP_DAYS, openQueueWorld, type QueueWorld, states } from './world.ts';

/** A job that ticks only when a test asks for it. */
const seldom = (extra: Partial<Job> = {}) => job({ cron: LEAP_DAYS, ...extra });

const schedules = ({ queues }: QueueWorld) => queues.tick.getJobSchedulersCount();

const listed = async ({ queues }: QueueWorld) =>
  (await queues.tick.getJobSchedulers()).map(({ key, pattern }) => `${key} ${pattern}`).sort();

describe('startScheduler', () => {
  test('deploys the definitions, and ticks them', async () => {
    await using world = await openQueueWorld();
    await using _scheduler = await world.scheduler({ jobs: [seldom()], deployViews: () => world.system.apply(view()) });
    await until(async () => (await schedules(world)) === 1);
    await world.queues.tick.add('nightly', { job: 'nightly' });
    await using _worker = await world.worker();
    await until(async () => (await states(world)).join() === 'done,done');
  });

  test('restores schedules and runs within one period after a flush', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await using _scheduler = await world.scheduler({ jobs: [seldom()] });
    await until(async () => (await schedules(world)) === 1);
    await world.system.plan('spend');
    await until(async () => (await world.queues.run.getPrioritizedCount()) === 2);
    await world.queues.exchange((redis) => redis.flushdb());
    await until(async () => (await schedules(world)) === 1 && (await world.queues.run.getPrioritizedCount()) === 2);
    await world.queues.tick.add('nightly', { job: 'nightly' });
    await until(async () => (await world.queues.tick.getCompletedCount()) === 1);
  });

  test('drops ticks of unknown jobs, and refuses invalid tick data', async () => {
    await using world = await openQueueWorld();
    await using _scheduler = await world.scheduler();
    await world.queues.tick.add('gone', { job: 'gone' });
    await world.queues.tick.add('edited', { job: 'x; drop table', also: 1 } as never);
    await until(async () => (await world.queues.tick.getJobCountByTypes('completed', 'failed')) === 2);
    expect(world.log.said.filter(({ event }) => event === 'tick.job_unknown').map(({ facts }) => facts)).toEqual([
      { job: 'gone' },
    ]);
    expect((await world.queues.tick.getFailed())[0]?.failedReason).toBe(
      'This job\'s data is not in Millrace\'s format: expected something like {"job": "nightly"}.',
    );
  });

  test('repairs the online store in parallel, and continues after a failure', async () => {
    await using world = await openQueueWorld();
    let repairs = 0;
    const repairOnline = async () => {
      repairs += 1;
      if (repairs === 1) throw new Error('the online store is away');
    };
    await using _scheduler = await world.scheduler({ jobs: [seldom()], repairOnline });
    await until(async () => repairs > 1 && (await schedules(world)) === 1);
  });

  test('maintains schedules in one elected scheduler, and another one after that', async () => {
    await using world = await openQueueWorld();
    const first = await world.scheduler({ jobs: [seldom({ name: 'before' })] });
    await until(async () => (await schedules(world)) === 1);
    await using _second = await world.scheduler({ jobs: [seldom({ name: 'after' })] });
    await until(() => world.log.said.some(({ event }) => event === 'schedule.created'));
    expect((await world.queues.tick.getJobSchedulers()).map(({ key }) => key)).toEqual(['before']);
    await first[Symbol.asyncDispose]();
    await until(async () => (await world.queues.tick.getJobSchedulers()).map(({ key }) => key).join() === 'after');
  });

  test('schedules the deployed jobs, not its own', async () => {
    await using world = await openQueueWorld();
    await using _scheduler = await world.scheduler({ jobs: [seldom(), seldom({ name: 'gone' })] });
    await until(async () => (await schedules(world)) === 2);
    await deployJobs(world.system.app.database, [
      seldom({ cron: '0 4 29 2 *' }),
      seldom({ name: 'paused', paused: true }),
    ]);
    await until(async () => (await listed(world)).join() === 'nightly 0 4 29 2 *');
    for (const name of ['gone', 'paused']) await world.queues.tick.add(name, { job: name });
    await until(async () => (await world.queues.tick.getCompletedCount()) === 2);
    const dropped = (await world.queues.tick.getCompleted()).map(({ returnvalue }) => returnvalue as unknown);
    expect(dropped).toContainEqual({ job: 'gone', dropped: 'no job of that name is deployed' });
    expect(dropped).toContainEqual({ job: 'paused', dropped: 'the job is paused' });
  });

  test('does not change schedules before the first deployment', async () => {
    await using world = await openQueueWorld();
    await deployJobs(world.system.app.database, [seldom()]);
    const deployViews = () => Promise.reject(new Error('not now'));
    const first = await world.scheduler({ deployViews });
    await until(async () => (await schedules(world)) === 1);
    await first[Symbol.asyncDispose]();
    await world.system.sql('truncate millrace.deployment');
    await using _second = await world.scheduler({ deployViews });
    await until(() => world.log.said.filter(({ facts }) => facts['part'] === 'staging').length > 2);
    expect(await schedules(world)).toBe(1);
  });
});

describe('startProjectScheduler', () => {
  const old = Array.from({ length: 10 }, (_, index) => seldom({ name: `job_${index}` }));
  const young = old.slice(0, 8).map((one, index) => (index < 2 ? { ...one, cron: '30 4 29 2 *' } : one));

  /** A scheduler process over definitions, as `millrace scheduler` starts it. */
  function started({ system, queue, log }: QueueWorld, jobs: readonly Job[], views = [view()]) {
    const settings = settingsOf({ ...system.app.settings, queue: FAST });
    const app = { ...system.app, settings, log, connections: { ...system.app.connections, queue } };
    return startProjectScheduler(app, { views, jobs }, { version: '0.0.0' });
  }
  const texts = (jobs: readonly Job[]) => jobs.map(({ name, cron }) => `${name} ${cron}`);
  const generations = ({ system }: QueueWorld) =>
    system.sql('select generation, complete from millrace.deployment order by generation');
  const said = ({ log }: QueueWorld, event: string) =>
    log.said.filter((one) => one.event === event).map((one) => one.facts);

  test('deploys nothing when it returns with older definitions, and serves the newer ones', async () => {
    await using world = await openQueueWorld();
    for (const [jobs, description] of [
      [old, ''],
      [young, 'newer'],
    ] as const) {
      await using _scheduler = await started(world, jobs, [view({ description })]);
      await until(async () => (await listed(world)).join() === texts(jobs).join());
    }
    const definitions =
      'select name, spec, data_fingerprint, meta_fingerprint, applied_at, retired_at from millrace.view';
    const applied = await world.system.sql(definitions);
    // Like a tick that was delivered just before its job was removed.
    await world.queues.tick.add('job_9', { job: 'job_9' });

    await using _late = await started(world, old);
    await until(async () => (await world.queues.tick.getCompletedCount()) === 1);
    const periods = said(world, 'reconcile.part').length;
    await until(() => said(world, 'reconcile.part').length > periods + 8);

    expect(await listed(world)).toEqual(texts(young));
    expect(await generations(world)).toEqual([
      { generation: 1, complete: true },
      { generation: 2, complete: true },
    ]);
    expect(await world.system.sql(definitions)).toEqual(applied);
    expect(said(world, 'definitions.outdated')).toEqual([{ message: expect.any(String) }]);
    expect(said(world, 'tick.job_unknown')).toEqual([{ job: 'job_9' }]);
    expect(await world.system.sql('select from millrace.run')).toEqual([]);
  });

  test('records nothing when it starts again with the newest definitions', async () => {
    await using world = await openQueueWorld();
    for (const _start of [1, 2]) {
      await using _scheduler = await started(world, old);
      await until(async () => (await schedules(world)) === 10);
    }
    expect(await generations(world)).toEqual([{ generation: 1, complete: true }]);
    expect(said(world, 'definitions.deployed')).toEqual([{ generation: 1 }]);
  });

  test('schedules all jobs although one view cannot be deployed, and retries that view', async () => {
    await using world = await openQueueWorld();
    // A conflicting object is in its place.
    await world.system.sql('create view features.broken as select 1 as entity_id');
    await using _scheduler = await started(world, old, [view({ name: 'broken' }), view()]);
    await until(async () => (await schedules(world)) === 10);
    expect(await generations(world)).toEqual([{ generation: 1, complete: false }]);
    await world.system.sql('drop view features.broken');
    await until(async () => (await generations(world))[0]?.['complete'] === true);
    expect(await world.system.sql('select name from millrace.view order by name')).toEqual([
      { name: 'broken' },
      { name: 'spend' },
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import type { SchedulerOptions } from '../../src/queue/scheduler.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { job, openQueueWorld, type QueueWorld, states } from './world.ts';

const schedules = ({ queues }: QueueWorld) => queues.tick.getJobSchedulersCount();

describe('startScheduler', () => {
  test('takes the definitions over, and ticks them', async () => {
    await using world = await openQueueWorld();
    await using _scheduler = await world.scheduler({ jobs: [job()], takeOver: () => world.system.apply(view()) });
    await until(async () => (await schedules(world)) === 1);
    await world.queues.tick.add('nightly', { job: 'nightly' });
    await using _worker = await world.worker();
    await until(async () => (await states(world)).join() === 'done,done');
  });

  test('has schedules and runs back within one period after a flush', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await using _scheduler = await world.scheduler({ jobs: [job()] });
    await until(async () => (await schedules(world)) === 1);
    await world.system.plan('spend');
    await until(async () => (await world.queues.run.getWaitingCount()) === 2);
    await world.queues.exchange((redis) => redis.flushdb());
    await until(async () => (await schedules(world)) === 1 && (await world.queues.run.getWaitingCount()) === 2);
    await world.queues.tick.add('nightly', { job: 'nightly' });
    await until(async () => (await world.queues.tick.getCompletedCount()) === 1);
  });

  test('drops ticks of jobs that nobody has, and refuses data that is not a tick', async () => {
    await using world = await openQueueWorld();
    await using _scheduler = await world.scheduler();
    await world.queues.tick.add('gone', { job: 'gone' });
    await world.queues.tick.add('edited', { job: 'x; drop table', also: 1 } as never);
    await until(async () => (await world.queues.tick.getJobCountByTypes('completed', 'failed')) === 2);
    expect(world.log.said.filter(({ event }) => event === 'tick.job_unknown').map(({ facts }) => facts)).toEqual([
      { job: 'gone' },
    ]);
    expect((await world.queues.tick.getFailed())[0]?.failedReason).toBe(
      'The data of this job is not what Millrace writes: expected the like of {"job": "nightly"}.',
    );
  });

  test('repairs the online store beside everything else, and goes on after a failure', async () => {
    await using world = await openQueueWorld();
    let repairs = 0;
    const repairOnline = async () => {
      repairs += 1;
      if (repairs === 1) throw new Error('the online store is away');
    };
    await using _scheduler = await world.scheduler({ jobs: [job()], repairOnline });
    await until(async () => repairs > 1 && (await schedules(world)) === 1);
  });

  test('leaves the schedules to the elected one of several, whose work another takes over', async () => {
    await using world = await openQueueWorld();
    const old: Partial<SchedulerOptions> = { jobs: [job({ name: 'before' })] };
    const first = await world.scheduler(old);
    await until(async () => (await schedules(world)) === 1);
    await using _second = await world.scheduler({ jobs: [job({ name: 'after' })] });
    await until(() => world.log.said.some(({ event }) => event === 'schedule.created'));
    expect((await world.queues.tick.getJobSchedulers()).map(({ key }) => key)).toEqual(['before']);
    await first[Symbol.asyncDispose]();
    await until(async () => (await world.queues.tick.getJobSchedulers()).map(({ key }) => key).join() === 'after');
  });
});

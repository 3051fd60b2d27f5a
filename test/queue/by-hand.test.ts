// Manual changes of jobs in Redis: run now, retry, edit, duplicate, remove, pause. None of them does harm.

import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { text } from '../../src/core/message.ts';
import { deliverRuns } from '../../src/queue/delivery/deliver.ts';
import { performRun } from '../../src/run/perform.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import type { WorldOptions } from '../support/world.ts';
import { FAST, job, LEAP_DAYS, openQueueWorld, type QueueWorld, states } from './world.ts';

const ONE_DAY = view({ end: at('2026-01-02') });
const PATIENCE = { attempts: 3, backoffMs: 1, backoffMaxMs: 1 };

/** A view with one delivered run, whose first `failures` attempts fail. */
async function withRun(failures: number, options: Partial<typeof PATIENCE> = {}): Promise<QueueWorld> {
  let begun = 0;
  const changeStages: WorldOptions['changeStages'] = (stages) =>
    stages.map((stage) => ({
      name: stage.name,
      perform: async (run, signal) => {
        if (stage.name !== 'extract') return stage.perform(run, signal);
        begun += 1;
        if (begun <= failures) throw new Failure('SOURCE_UNAVAILABLE', text`The shop is closed.`);
        return stage.perform(run, signal);
      },
    }));
  const world = await openQueueWorld({ changeStages });
  await world.system.apply(ONE_DAY);
  await deliverRuns(
    world.queues,
    world.system.app.database,
    await world.system.plan('spend', { ...PATIENCE, ...options }),
  );
  return world;
}

const record = async ({ system }: QueueWorld) => ({
  runs: await system.sql('select id, state, attempt, deliveries, epoch, error, counts from millrace.run order by id'),
  coverage: await system.sql('select * from millrace.coverage'),
  events: await system.sql('select * from millrace.event order by id'),
  rows: await system.sql('select * from features.spend order by 1, 2'),
});

const jobs = async ({ queues }: QueueWorld) => {
  const all = await queues.run.getJobs(['completed', 'failed', 'wait', 'prioritized', 'delayed', 'active']);
  return all.sort((a, b) => a.data.delivery - b.data.delivery);
};

const untilState = (world: QueueWorld, state: string) => until(async () => (await states(world)).join() === state);

describe('a tick that is added by hand', () => {
  test('plans what is due, and does not change the next scheduled tick', async () => {
    await using world = await openQueueWorld();
    await using _scheduler = await world.scheduler({
      jobs: [job({ cron: LEAP_DAYS })],
      deployViews: () => world.system.apply(view()),
      // A tick that a busy machine holds up is not taken for stalled and done again.
      settings: { ...FAST, lockMs: 60_000 },
    });
    const schedule = async () => {
      const [next] = await world.queues.tick.getDelayed();
      return {
        id: next?.id,
        data: next?.data,
        delay: next?.delay,
        schedules: await world.queues.tick.getJobSchedulers(),
      };
    };
    await until(async () => (await world.queues.tick.getDelayedCount()) === 1);
    const before = await schedule();
    for (let added = 0; added < 3; added += 1) await world.queues.tick.add('run now', { job: 'nightly' });
    await until(async () => (await world.queues.tick.getCompletedCount()) === 3);
    const results = (await world.queues.tick.getCompleted()).map(({ returnvalue }): unknown => returnvalue.runs);
    expect(results.sort()).toEqual([0, 0, 2]);
    expect(await world.system.sql('select distinct reason from millrace.run')).toEqual([{ reason: 'schedule' }]);
    expect(await schedule()).toEqual(before);
  });
});

describe('a kept job that is retried by hand', () => {
  test('changes nothing if its run is done', async () => {
    await using world = await withRun(1);
    await using _worker = await world.worker();
    await untilState(world, 'done');
    await until(async () => (await world.queues.run.getCompletedCount()) === 1);
    const before = await record(world);
    const [failed] = await world.queues.run.getFailed();
    expect(failed?.failedReason).toBe('The shop is closed.');
    await failed?.retry('failed');
    await until(async () => (await world.queues.run.getCompletedCount()) === 2);
    expect(await record(world)).toEqual(before);
    expect((await jobs(world)).map(({ returnvalue }) => returnvalue)).toEqual([
      { run: 1, state: 'done' },
      { run: 1, state: 'done' },
    ]);
  });

  test('changes nothing if its run has failed, and says so', async () => {
    await using world = await withRun(9, { attempts: 1 });
    await using _worker = await world.worker();
    await untilState(world, 'failed');
    await until(async () => (await world.queues.run.getFailedCount()) === 1);
    const before = await record(world);
    await (await world.queues.run.getFailed())[0]?.retry('failed');
    await until(async () => (await world.queues.run.getCompletedCount()) === 1);
    expect(await record(world)).toEqual(before);
    expect((await jobs(world)).map(({ returnvalue }) => returnvalue)).toEqual([{ run: 1, state: 'failed' }]);
  });

  test('does nothing before the time of its run, which has a newer delivery', async () => {
    await using world = await withRun(1, { backoffMs: 60_000, backoffMaxMs: 60_000 });
    await using _worker = await world.worker();
    await until(async () => (await world.queues.run.getFailedCount()) === 1);
    await until(async () => (await world.queues.run.getDelayedCount()) === 1);
    const before = await record(world);
    await (await world.queues.run.getFailed())[0]?.retry('failed');
    await until(async () => (await world.queues.run.getCompletedCount()) === 1);
    expect(await record(world)).toEqual(before);
    expect(await world.queues.run.getDelayedCount()).toBe(1);
    await world.system.sql('update millrace.run set not_before = millrace.now()');
    await (await world.queues.run.getDelayed())[0]?.promote();
    await untilState(world, 'done');
  });
});

describe('a job that is edited, duplicated or removed by hand', () => {
  test('fails with a sentence if its data is invalid, and its run is still done', async () => {
    await using world = await withRun(0);
    const [edited] = await world.queues.run.getPrioritized();
    await edited?.updateData({ run: '1; drop table', delivery: -1 } as never);
    await using _worker = await world.worker();
    await until(async () => (await world.queues.run.getFailedCount()) === 1);
    expect((await world.queues.run.getFailed())[0]?.failedReason).toBe(
      'This job\'s data is not in Millrace\'s format: expected something like {"run": 17, "delivery": 1}.',
    );
    await using _scheduler = await world.scheduler();
    await untilState(world, 'done');
    expect(await world.system.sql('select attempt, deliveries from millrace.run')).toEqual([
      { attempt: 1, deliveries: 2 },
    ]);
  });

  test.each([
    ['names a run that there is not', { run: 4711, delivery: 1 }, 'There is no run 4711.'],
    ['is no object', 'run 1', /^This job's data is not in Millrace's format/],
    ['has a number that no database has', { run: 1e300, delivery: 1 }, /^This job's data is not in Millrace's format/],
    [
      'has a number that only JavaScript has',
      { run: 2 ** 53 - 1, delivery: 2 ** 53 - 1 },
      /^There is no run 9007199254740991/,
    ],
  ])('fails alone if it %s', async (_, data, reason) => {
    await using world = await withRun(0);
    await using _worker = await world.worker();
    await world.queues.run.add('edited', data as never);
    await until(async () => (await world.queues.run.getFailedCount()) === 1);
    expect((await world.queues.run.getFailed())[0]?.failedReason).toEqual(expect.stringMatching(reason));
    await untilState(world, 'done');
  });

  test('does its run once for any number of copies', async () => {
    let performed = 0;
    await using world = await withRun(0);
    const [first] = await jobs(world);
    for (let copies = 0; copies < 5; copies += 1) await world.queues.run.add('spend', { ...first?.data } as never);
    await using _worker = await world.worker({
      perform: (run, signal) => {
        performed += 1;
        return performRun(world.system.app.engine, run, signal);
      },
    });
    await until(
      async () => performed >= 6 && (await world.queues.run.getJobCountByTypes('wait', 'active', 'prioritized')) === 0,
    );
    await untilState(world, 'done');
    expect(await world.system.sql('select attempt from millrace.run')).toEqual([{ attempt: 1 }]);
    expect(await world.system.sql(`select run_id from millrace.event where kind = 'covered'`)).toEqual([{ run_id: 1 }]);
  });

  test('comes back if its run is open', async () => {
    await using world = await withRun(0);
    await (await world.queues.run.getPrioritized())[0]?.remove();
    await using _scheduler = await world.scheduler();
    await using _worker = await world.worker();
    await untilState(world, 'done');
  });
});

describe('a queue that is paused by hand', () => {
  test('delivers nothing, without its workers exiting as broken, and continues afterwards', async () => {
    await using world = await withRun(0);
    await world.queues.run.pause();
    let looks = 0;
    const clock: Clock = {
      ...systemClock,
      sleep: (milliseconds, signal) => {
        if (milliseconds === 10) looks += 1;
        return systemClock.sleep(milliseconds, signal);
      },
    };
    await using worker = await world.worker({ clock, settings: { ...FAST, silenceMaxMs: 30 } });
    let isBroken = false;
    void worker.broken.then(() => {
      isBroken = true;
    });
    await until(() => looks > 10);
    expect([isBroken, await states(world)]).toEqual([false, ['planned']]);
    await world.queues.run.resume();
    await untilState(world, 'done');
  });
});

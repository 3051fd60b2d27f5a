import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type EpochMs, epochMsOf } from '../../src/core/instant.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Job } from '../../src/definition/job.ts';
import { matchSchedules } from '../../src/queue/leader/schedules.ts';
import type { Queues } from '../../src/queue/queues.ts';
import { openQueues } from '../../src/queue/queues.ts';
import { freshRedis } from '../support/servers.ts';
import { at, EPOCH } from '../support/views.ts';
import { FAST, job, keptLog } from './world.ts';

async function emptyQueues(): Promise<Queues> {
  const queue = { url: await freshRedis('queue'), prefix: 'millrace' };
  return openQueues({ queue, connectionName: 'test', clock: systemClock, settings: FAST });
}

const matched = (queues: Queues, jobs: readonly Job[]) =>
  matchSchedules({ queues, clock: systemClock, log: silentLog, takenSince: null }, jobs);

const NONE = { created: [], changed: [], repaired: [], removed: [] };

/** Everything in Redis about the schedules. */
async function stored(queues: Queues): Promise<unknown> {
  return queues.exchange(async (redis) => ({
    repeat: await redis.zrangebyscore('millrace:tick:repeat', '-inf', '+inf', 'WITHSCORES'),
    delayed: await redis.zrangebyscore('millrace:tick:delayed', '-inf', '+inf', 'WITHSCORES'),
    nightly: await redis.hgetall('millrace:tick:repeat:nightly'),
  }));
}

async function listed(queues: Queues): Promise<unknown[]> {
  const schedules = await queues.tick.getJobSchedulers();
  return schedules.map(({ key, pattern, tz }) => [key, pattern, tz]).sort();
}

describe('matchSchedules', () => {
  test('creates missing schedules, and then changes nothing', async () => {
    await using queues = await emptyQueues();
    const jobs = [job(), job({ name: 'hourly', cron: '5 * * * *', timezone: 'UTC' })];
    expect(await matched(queues, jobs)).toEqual({ ...NONE, created: ['nightly', 'hourly'] });
    const before = await stored(queues);
    expect(await matched(queues, jobs)).toEqual(NONE);
    expect(await stored(queues)).toEqual(before);
    expect(await listed(queues)).toEqual([
      ['hourly', '5 * * * *', 'UTC'],
      ['nightly', '0 3 * * *', 'Europe/London'],
    ]);
  });

  test('changes the schedule of an edited job, with one next tick', async () => {
    await using queues = await emptyQueues();
    await matched(queues, [job()]);
    const edited = job({ cron: '0 4 * * *' });
    expect(await matched(queues, [edited])).toEqual({ ...NONE, changed: ['nightly'] });
    expect(await listed(queues)).toEqual([['nightly', '0 4 * * *', 'Europe/London']]);
    expect(await queues.tick.getDelayedCount()).toBe(1);
  });

  test('removes schedules without a job, with their waiting ticks', async () => {
    await using queues = await emptyQueues();
    await matched(queues, [job(), job({ name: 'night' })]);
    for (const tick of await queues.tick.getDelayed()) await tick.promote();
    const removed = await matched(queues, [job({ name: 'night' })]);
    expect(removed).toEqual({ ...NONE, removed: ['nightly'] });
    expect((await queues.tick.getWaiting()).map(({ data }) => data)).toEqual([{ job: 'night' }]);
  });

  test.each<[string, keyof typeof NONE, (queues: Queues) => Promise<unknown>]>([
    ['a flush', 'created', (queues) => queues.exchange((redis) => redis.flushall())],
    ['an obliterated queue', 'created', (queues) => queues.tick.obliterate({ force: true })],
    // BullMQ still lists the schedules at this point.
    [
      'the loss of all next ticks',
      'repaired',
      (queues) => queues.exchange((redis) => redis.del('millrace:tick:delayed')),
    ],
  ])('restores the schedules after %s immediately', async (_what, change, destroy) => {
    await using queues = await emptyQueues();
    const jobs = [job(), job({ name: 'other' })];
    await matched(queues, jobs);
    await destroy(queues);
    expect(await queues.tick.getDelayedCount()).toBe(0);
    expect(await matched(queues, jobs)).toEqual({ ...NONE, [change]: ['nightly', 'other'] });
    expect((await queues.tick.getDelayed()).map(({ data }) => data.job).sort()).toEqual(['nightly', 'other']);
    expect(await matched(queues, jobs)).toEqual(NONE);
  });

  test('has no schedule for a paused job, and creates it after the pause', async () => {
    await using queues = await emptyQueues();
    const paused = job({ paused: true });
    expect(await matched(queues, [paused])).toEqual(NONE);
    await matched(queues, [job()]);
    expect(await matched(queues, [paused])).toEqual({ ...NONE, removed: ['nightly'] });
    expect([await listed(queues), await queues.tick.getDelayedCount()]).toEqual([[], 0]);
    expect(await matched(queues, [job()])).toEqual({ ...NONE, created: ['nightly'] });
  });

  test('makes a schedule again if its next tick is overdue although ticks are taken', async () => {
    await using queues = await emptyQueues();
    await matched(queues, [job()]);
    const [next] = await queues.tick.getJobSchedulers();
    const due = at(new Date(next?.next ?? 0).toISOString());
    const log = keptLog();
    const afterwards = (milliseconds: number, takenSince: EpochMs | null) =>
      matchSchedules({ queues, log, takenSince, clock: { ...systemClock, now: () => epochMsOf(due + milliseconds) } }, [
        job(),
      ]);
    expect(await afterwards(29_000, EPOCH)).toEqual(NONE);
    expect(await afterwards(31_000, null)).toEqual(NONE);
    expect(await afterwards(31_000, epochMsOf(due + 5_000))).toEqual(NONE);
    expect(await afterwards(31_000, EPOCH)).toEqual({ ...NONE, repaired: ['nightly'] });
    expect(log.said).toEqual([{ event: 'schedule.repaired', facts: { job: 'nightly' } }]);
    expect(await queues.tick.getDelayedCount()).toBe(1);
  });

  test('creates one set of schedules for twenty simultaneous callers', async () => {
    await using queues = await emptyQueues();
    const jobs = [job(), job({ name: 'hourly', cron: '5 * * * *' })];
    await Promise.all(Array.from({ length: 20 }, () => matched(queues, jobs)));
    expect(await queues.tick.getJobSchedulersCount()).toBe(2);
    expect(await queues.tick.getDelayedCount()).toBe(2);
  });

  test('reports a job without a next tick, and still creates the others', async () => {
    await using queues = await emptyQueues();
    const never = job({ name: 'never', cron: '0 0 30 2 *' });
    await expect(matched(queues, [never, job()])).rejects.toThrow(
      'Job never has no next tick: "0 0 30 2 *" in Europe/London cannot be computed; choose another time of day, or timezone UTC.',
    );
    expect(await listed(queues)).toEqual([['nightly', '0 3 * * *', 'Europe/London']]);
  });
});

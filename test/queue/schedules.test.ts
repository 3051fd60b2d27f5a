import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Queues } from '../../src/queue/queues.ts';
import { openQueues } from '../../src/queue/queues.ts';
import { matchSchedules } from '../../src/queue/schedules.ts';
import { freshRedis } from '../support/servers.ts';
import { FAST, job } from './world.ts';

async function emptyQueues(): Promise<Queues> {
  const queue = { url: await freshRedis('queue'), prefix: 'millrace' };
  return openQueues({ queue, connectionName: 'test', clock: systemClock, settings: FAST });
}

const NONE = { created: [], changed: [], repaired: [], removed: [] };

/** Everything that Redis holds about the schedules. */
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
  test('creates what is missing, and then touches nothing', async () => {
    await using queues = await emptyQueues();
    const jobs = [job(), job({ name: 'hourly', cron: '5 * * * *', timezone: 'UTC' })];
    expect(await matchSchedules(queues, jobs, silentLog)).toEqual({ ...NONE, created: ['nightly', 'hourly'] });
    const before = await stored(queues);
    expect(await matchSchedules(queues, jobs, silentLog)).toEqual(NONE);
    expect(await stored(queues)).toEqual(before);
    expect(await listed(queues)).toEqual([
      ['hourly', '5 * * * *', 'UTC'],
      ['nightly', '0 3 * * *', 'Europe/London'],
    ]);
  });

  test('changes the schedule of an edited job, which keeps one next tick', async () => {
    await using queues = await emptyQueues();
    await matchSchedules(queues, [job()], silentLog);
    const edited = job({ cron: '0 4 * * *' });
    expect(await matchSchedules(queues, [edited], silentLog)).toEqual({ ...NONE, changed: ['nightly'] });
    expect(await listed(queues)).toEqual([['nightly', '0 4 * * *', 'Europe/London']]);
    expect(await queues.tick.getDelayedCount()).toBe(1);
  });

  test('removes what no job has, with the ticks that wait to be taken', async () => {
    await using queues = await emptyQueues();
    await matchSchedules(queues, [job(), job({ name: 'night' })], silentLog);
    for (const tick of await queues.tick.getDelayed()) await tick.promote();
    const removed = await matchSchedules(queues, [job({ name: 'night' })], silentLog);
    expect(removed).toEqual({ ...NONE, removed: ['nightly'] });
    expect((await queues.tick.getWaiting()).map(({ data }) => data)).toEqual([{ job: 'night' }]);
  });

  test('brings schedules back after a flush', async () => {
    await using queues = await emptyQueues();
    await matchSchedules(queues, [job()], silentLog);
    await queues.exchange((redis) => redis.flushdb());
    expect(await matchSchedules(queues, [job()], silentLog)).toEqual({ ...NONE, created: ['nightly'] });
    expect(await queues.tick.getDelayedCount()).toBe(1);
  });

  test('repairs a schedule whose next tick was lost, which BullMQ still lists', async () => {
    await using queues = await emptyQueues();
    await matchSchedules(queues, [job()], silentLog);
    await queues.exchange((redis) => redis.del('millrace:tick:delayed'));
    expect(await queues.tick.getJobSchedulersCount()).toBe(1);
    expect(await matchSchedules(queues, [job()], silentLog)).toEqual({ ...NONE, repaired: ['nightly'] });
    expect(await queues.tick.getDelayedCount()).toBe(1);
    expect(await matchSchedules(queues, [job()], silentLog)).toEqual(NONE);
  });

  test('yields one set of schedules when twenty do it at once', async () => {
    await using queues = await emptyQueues();
    const jobs = [job(), job({ name: 'hourly', cron: '5 * * * *' })];
    await Promise.all(Array.from({ length: 20 }, () => matchSchedules(queues, jobs, silentLog)));
    expect(await queues.tick.getJobSchedulersCount()).toBe(2);
    expect(await queues.tick.getDelayedCount()).toBe(2);
  });

  test('says which job has no next tick, and creates the others all the same', async () => {
    await using queues = await emptyQueues();
    const never = job({ name: 'never', cron: '0 0 30 2 *' });
    await expect(matchSchedules(queues, [never, job()], silentLog)).rejects.toThrow(
      'Job never has no next tick: "0 0 30 2 *" in Europe/London cannot be computed; choose another time of day, or timezone UTC.',
    );
    expect(await listed(queues)).toEqual([['nightly', '0 3 * * *', 'Europe/London']]);
  });
});

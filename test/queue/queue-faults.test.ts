// Changes of the queues by another program: each stops them, and the reconciler repairs, logs and records it.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { deliverRuns } from '../../src/queue/delivery/deliver.ts';
import { findQueueFaults } from '../../src/queue/faults/find-faults.ts';
import { repairQueues } from '../../src/queue/faults/repair-queues.ts';
import { rememberTicks } from '../../src/queue/leader/missed-ticks.ts';
import { reconcile } from '../../src/queue/leader/reconcile.ts';
import { matchSchedules } from '../../src/queue/leader/schedules.ts';
import { recentQueueFaults } from '../../src/state/queue-faults.ts';
import { until } from '../support/until.ts';
import { at, EPOCH, view } from '../support/views.ts';
import { FAST, job, LEAP_DAYS, openQueueWorld, type QueueWorld, states } from './world.ts';

type Damage = (world: QueueWorld) => Promise<unknown>;
type Expected = { readonly queue?: string; readonly kind: string; readonly key: string; readonly found: string };

const instead =
  (key: string, ...command: [string, ...string[]]): Damage =>
  ({ queues }) =>
    queues.exchange(async (connection) => {
      const [name, ...args] = command;
      await connection.del(queues.run.toKey(key));
      await connection.call(name, queues.run.toKey(key), ...args);
    });
const damaged = (key: string, found: string): Expected => ({ kind: 'damaged', key, found });
// A run that was taken before the check has used up the rate.
const limited = (found: string): Expected => ({ kind: 'limited', key: '', found: expect.stringContaining(found) });

const FAULTS: readonly (readonly [string, Damage, Expected])[] = [
  ['is paused', ({ queues }) => queues.run.pause(), { kind: 'paused', key: '', found: '' }],
  ['has concurrency 0', ({ queues }) => queues.run.setGlobalConcurrency(0), limited('concurrency 0')],
  [
    'has a concurrency that is no number',
    ({ queues }) => queues.exchange((connection) => connection.hset(queues.run.toKey('meta'), 'concurrency', 'x')),
    limited('concurrency x'),
  ],
  ['has a string for its list', instead('wait', 'set', 'x'), damaged('wait', 'string instead of list')],
  [
    'has a list for those under way that is none',
    instead('active', 'set', 'x'),
    damaged('active', 'string instead of list'),
  ],
  ['has a string for priorities', instead('prioritized', 'set', 'x'), damaged('prioritized', 'string instead of zset')],
  ['has a list for what is delayed', instead('delayed', 'rpush', 'x'), damaged('delayed', 'list instead of zset')],
  ['has a string for its settings', instead('meta', 'set', 'x'), damaged('meta', 'string instead of hash')],
  ['has a string for its events', instead('events', 'set', 'x'), damaged('events', 'string instead of stream')],
  ['has a string for its marker', instead('marker', 'set', 'x'), damaged('marker', 'string instead of zset')],
  ['has a string for what is done', instead('completed', 'set', 'x'), damaged('completed', 'string instead of zset')],
  ['has a hash for what is stalled', instead('stalled', 'hset', 'x', '1'), damaged('stalled', 'hash instead of set')],
  ['counts no jobs', instead('id', 'set', 'x'), damaged('id', 'not a number')],
];

/** A worker sleeps for up to half a minute after it has met a rate limit, and removes the other one itself. */
const FOUND_BY_NO_WORKER: typeof FAULTS = [
  ['counts no priorities', instead('pc', 'set', 'x'), damaged('pc', 'not a number')],
  [
    'has a rate limit',
    ({ queues }) => queues.run.setGlobalRateLimit(1, 86_400_000),
    limited('max 1, duration 86400000'),
  ],
  ['is at its rate limit', ({ queues }) => queues.run.rateLimit(86_400_000), limited('rate limit')],
];

async function reconciled({ system, queues, log }: QueueWorld): Promise<void> {
  const settings = { ...FAST, deliveryGraceMs: 0, tickGraceMs: 0 };
  const schedules = { jobs: [], takenSince: null, lastTick: rememberTicks() };
  const options = { database: system.app.database, queues, ...schedules, clock: systemClock, log, settings };
  await reconcile(options, new AbortController().signal);
}

async function planned(world: QueueWorld, units: number): Promise<number[]> {
  await world.system.apply(view({ end: at(new Date(at('2026-01-01') + units * 86_400_000).toISOString()) }));
  return world.system.plan('spend');
}

/** Damages the queue, delivers a run if possible, and expects the fault to be found and repaired. */
async function expectRepair(world: QueueWorld, run: number, [name, damage, expected]: (typeof FAULTS)[number]) {
  const { system, queues, log } = world;
  await damage(world);
  await deliverRuns(queues, system.app.database, [run]).catch(() => undefined);
  const fault = { queue: 'run', ...expected };
  expect(await findQueueFaults(queues), name).toEqual([fault]);
  await repairQueues({ database: system.app.database, queues, log });
  expect(await findQueueFaults(queues), name).toEqual([]);
  expect(log.said.filter(({ event }) => event === 'queue.repaired').at(-1)?.facts, name).toEqual(fault);
  const recorded = await recentQueueFaults(system.app.database);
  expect(recorded, name).toContainEqual(expect.objectContaining({ ...fault, repairedAt: expect.stringMatching(/Z$/) }));
  await reconciled(world);
}

const done = async (world: QueueWorld) => (await states(world)).filter((state) => state === 'done').length;

describe('a queue of runs that another program has changed', () => {
  test('is found, logged, recorded and repaired, and its run performed', async () => {
    await using world = await openQueueWorld();
    const runs = await planned(world, FAULTS.length);
    await using _worker = await world.worker();
    for (const [index, fault] of FAULTS.entries()) {
      await expectRepair(world, runs[index] ?? 0, fault);
      await until(async () => (await done(world)) > index);
    }
    expect(await world.queues.run.getVersion()).toMatch(/^bullmq:/);
  });

  test('is repaired before a worker has used it', async () => {
    await using world = await openQueueWorld();
    const runs = await planned(world, FOUND_BY_NO_WORKER.length);
    for (const [index, fault] of FOUND_BY_NO_WORKER.entries()) await expectRepair(world, runs[index] ?? 0, fault);
    await using _worker = await world.worker();
    await until(async () => (await done(world)) === FOUND_BY_NO_WORKER.length);
  });

  test('is not changed if nothing is wrong', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await using _worker = await world.worker();
    await using _scheduler = await world.scheduler({ jobs: [job({ cron: LEAP_DAYS })] });
    await deliverRuns(world.queues, world.system.app.database, await world.system.plan('spend'));
    await until(async () => (await states(world)).join() === 'done,done');
    expect(await findQueueFaults(world.queues)).toEqual([]);
    expect(await recentQueueFaults(world.system.app.database)).toEqual([]);
  });

  test('is resumed by the elected scheduler', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    const runs = await world.system.plan('spend');
    await world.queues.run.pause();
    await world.queues.backfill.setGlobalConcurrency(0);
    await world.queues.tick.pause();
    await deliverRuns(world.queues, world.system.app.database, runs);
    await using _worker = await world.worker();
    await using _scheduler = await world.scheduler();
    await until(async () => (await states(world)).join() === 'done,done');
    const recorded = await recentQueueFaults(world.system.app.database);
    expect(recorded.map(({ queue, kind }) => `${queue} ${kind}`)).toEqual([
      'backfill limited',
      'run paused',
      'tick paused',
    ]);
  });
});

describe('a schedule that another program has written over', () => {
  test('is recreated', async () => {
    await using world = await openQueueWorld();
    const { system, queues, log } = world;
    const schedules = { queues, clock: systemClock, log, takenSince: null };
    const jobs = [{ ...job(), since: EPOCH }];
    await matchSchedules(schedules, jobs);
    const key = queues.tick.toKey('repeat:nightly');
    await queues.exchange((connection) => connection.del(key).then(() => connection.set(key, 'x')));
    await expect(matchSchedules(schedules, jobs)).rejects.toThrow();
    await repairQueues({ database: system.app.database, queues, log });
    await matchSchedules(schedules, jobs);
    expect(await queues.tick.getJobSchedulers()).toMatchObject([{ key: 'nightly', pattern: '0 3 * * *' }]);
    expect(await recentQueueFaults(system.app.database)).toMatchObject([
      { queue: 'tick', key: 'repeat:nightly', found: 'string instead of hash' },
    ]);
  });
});

describe('recordQueueFaults', () => {
  test('counts recurring faults, and keeps those that cannot be fixed', async () => {
    await using world = await openQueueWorld();
    const { database } = world.system.app;
    const repair = () => repairQueues({ database, queues: world.queues, log: world.log });
    for (let times = 0; times < 3; times += 1) {
      await world.queues.run.pause();
      await repair();
    }
    expect(await recentQueueFaults(database)).toMatchObject([{ kind: 'paused', times: 3 }]);
    await world.queues.run.pause();
    const broken = {
      ...world.queues,
      run: Object.assign(Object.create(world.queues.run), { resume: () => Promise.reject(new Error('no rights')) }),
    };
    await repairQueues({ database, queues: broken, log: world.log });
    expect(world.log.said.at(-1)).toEqual({
      event: 'queue.fault',
      facts: { queue: 'run', kind: 'paused', key: '', found: '', message: expect.stringContaining('no rights') },
    });
    expect(await recentQueueFaults(database)).toMatchObject([{ kind: 'paused', times: 4, repairedAt: null }]);
    await world.queues.run.resume();
    await repair();
    expect(await recentQueueFaults(database)).toMatchObject([{ times: 4, repairedAt: expect.any(String) }]);
    await database.run(`update millrace.queue_fault set repaired_at = millrace.now() - interval '61 minutes'`);
    expect(await recentQueueFaults(database)).toEqual([]);
  });
});

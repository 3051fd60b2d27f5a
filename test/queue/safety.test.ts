import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import type { LogFacts } from '../../src/core/log.ts';
import { startProjectScheduler, startProjectWorker } from '../../src/processes/processes.ts';
import { requireSafeServers } from '../../src/queue/faults/safety.ts';
import { startRedis } from '../../src/servers/servers.ts';
import { settingsOf } from '../../src/settings.ts';
import { until } from '../support/until.ts';
import { FAST, openQueueWorld, type QueueWorld } from './world.ts';

const check = ({ system, queues, queue }: QueueWorld, clock = systemClock) =>
  requireSafeServers({
    database: system.app.database,
    queues,
    queueUrl: queue.url,
    clock,
    clockSkewMaxMs: FAST.clockSkewMaxMs,
  });

const setDatabaseClock = async ({ system }: QueueWorld, aheadSeconds: number) =>
  void (await system.sql(
    `create or replace function millrace.now() returns timestamptz language sql volatile
       as $$ select clock_timestamp() + make_interval(secs => ${aheadSeconds}) $$`,
  ));

describe('requireSafeServers', () => {
  test('refuses a Redis that may evict, and says what to set', async () => {
    await using redis = await startRedis({ maxmemoryPolicy: 'allkeys-lru' });
    await using world = await openQueueWorld();
    const queue = { ...world.queue, url: redis.url };
    await expect(world.worker({ queue })).rejects.toMatchObject({
      code: 'QUEUE_UNSAFE',
      message: `The queue's Redis (redis://127.0.0.1:${redis.port}) has "maxmemory-policy allkeys-lru", so it silently drops jobs and schedules when its memory is full: set "maxmemory-policy noeviction", or use a separate Redis for the queue.`,
    });
    await expect(world.scheduler({ queue })).rejects.toMatchObject({ code: 'QUEUE_UNSAFE' });
  });

  test('accepts an online store that may evict; the scheduler warns once', async () => {
    await using redis = await startRedis({ maxmemoryPolicy: 'volatile-ttl' });
    await using world = await openQueueWorld({ online: redis.url });
    const { system, queue, log } = world;
    const settings = settingsOf({ ...system.app.settings, queue: FAST });
    const app = { ...system.app, settings, log, connections: { ...system.app.connections, queue } };
    const definitions = { views: [], jobs: [] };
    await using _scheduler = await startProjectScheduler(app, definitions, { version: '0' });
    await using _worker = await startProjectWorker(app, { version: '0', concurrency: 1 });
    const said = (event: string, part?: string) =>
      log.said.filter((one) => one.event === event && one.facts['part'] === part);
    await until(() => said('reconcile.part', 'online').length > 2);
    expect(said('online.may_evict').map(({ facts }) => facts)).toEqual([
      {
        policy: 'volatile-ttl',
        message: `The online store's Redis has "maxmemory-policy volatile-ttl", so it drops rows when its memory is full, and readers then find no values for those entities: set "maxmemory-policy noeviction", and give Redis enough memory for all entities. To find dropped rows, run "millrace verify".`,
      },
    ]);
    const online = system.app.online.redis;
    for (const policy of ['noeviction', 'allkeys-lru']) {
      await online.send([['CONFIG', 'SET', 'maxmemory-policy', policy]]);
      const looks = said('reconcile.part', 'online').length;
      await until(() => said('reconcile.part', 'online').length > looks + 1);
    }
    expect(said('online.may_evict').map(({ facts }) => facts['policy'])).toEqual(['volatile-ttl', 'allkeys-lru']);
  });

  test('refuses a Postgres whose clock is more than 5 s ahead or behind', async () => {
    await using world = await openQueueWorld();
    await check(world);
    // The time of the round trip is taken off, which a busy machine makes long.
    await setDatabaseClock(world, 9);
    await expect(world.scheduler()).rejects.toThrow(
      /^The clock of Postgres is [6-9]\.\d s ahead of the clock of this machine\. A difference of more than 5 s /,
    );
    await setDatabaseClock(world, -9);
    await expect(world.worker()).rejects.toThrow(/^The clock of Postgres is [6-9]\.\d s behind the clock/);
  });

  test('refuses when the clock of this process is off', async () => {
    await using world = await openQueueWorld();
    const late = { ...systemClock, now: () => epochMsOf(systemClock.now() - 3_600_000) };
    await expect(check(world, late)).rejects.toThrow(
      /^The clock of the queue's Redis is (?:3600\.0|359\d\.\d) s ahead of /,
    );
  });

  test('pauses a running worker while a server is unsafe', async () => {
    await using world = await openQueueWorld();
    await using _worker = await world.worker();
    const said = (event: string) => world.log.said.some((one) => one.event === event);
    await setDatabaseClock(world, 60);
    await until(() => said('process.unsafe'));
    await setDatabaseClock(world, 0);
    await until(() => said('process.safe'));
    await world.queues.run.add('edited', {} as never);
    await until(async () => (await world.queues.run.getFailedCount()) === 1);
  });

  test('pauses a running worker once a newer release has migrated the tables', async () => {
    await using world = await openQueueWorld();
    await using _worker = await world.worker();
    await world.system.sql(`insert into millrace.migration (name) values ('9999_new.sql')`);
    await until(() => world.log.said.some(({ event, facts }) => event === 'process.unsafe' && isAboutTables(facts)));
    await expect(world.scheduler()).rejects.toMatchObject({ code: 'OFFLINE_DENIED' });
  });
});

function isAboutTables({ message }: LogFacts): boolean {
  return String(message).startsWith('The tables in this database were created by a newer release');
}

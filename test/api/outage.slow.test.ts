import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Service } from '../../src/definition/service.ts';
import { pauseViews } from '../../src/operations/pause.ts';
import { startForwarder } from '../support/forwarder.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { openApiWorld } from './world.ts';

const SETTINGS = { onlineDeadlineMs: 1_000, silenceMs: 500, connectTimeoutMs: 1_000 };
const SPEND = view({ name: 'spend', query: `select '1' as entity_id, 1.5::float8 as value, {{end}} as timestamp` });
const AMOUNT = view({ name: 'amount', kind: 'pushed', source: '', query: null, end: null });
const services: Service[] = [
  { name: 'safe', description: '', features: [{ feature: 'spend', default: 7, ageMaxMs: null }] },
  { name: 'unsafe', description: '', features: [{ feature: 'spend', ageMaxMs: null }] },
];
const ENTITIES = { customer: ['1'] };

/** A world whose connections to both servers can be frozen: the other end is silent, and nothing closes. */
async function openUnreliable() {
  const redis = await startForwarder(await freshRedis('online'));
  const postgres = await startForwarder(await migratedDatabase());
  const world = await openApiWorld({
    database: postgres.url,
    online: redis.url,
    settings: SETTINGS,
    api: { services },
  });
  await world.apply(SPEND, AMOUNT);
  await world.materialize('spend');
  const online = (body: object) => world.ask('/api/v1/online', { body: { ...body, entities: ENTITIES } });
  expect((await online({ features: ['spend'] })).status).toBe(200);
  return { world, redis, postgres, online };
}

describe('without Redis', () => {
  test.each(['refuse', 'freeze'] as const)('reads return 503 or defaults, and recover (%s)', async (how) => {
    const { world, redis, online } = await openUnreliable();
    if (how === 'refuse') redis.refuse();
    else redis.freeze('all');
    const [plain, safe, unsafe] = [
      await online({ features: ['spend'] }),
      await online({ service: 'safe' }),
      await online({ service: 'unsafe' }),
    ];
    expect([plain.status, plain.body.code, plain.headers.get('retry-after')]).toEqual([503, 'ONLINE_UNAVAILABLE', '2']);
    expect([safe.status, safe.body.rows[0].features.spend]).toEqual([
      200,
      { value: 7, event_time: null, age_seconds: null, status: 'unavailable', is_default: true },
    ]);
    expect(unsafe.status).toBe(503);
    expect((await world.ask('/health/ready', { token: null })).status).toBe(503);
    expect((await world.ask('/api/v1/views')).status).toBe(200);
    redis.heal();
    expect((await online({ features: ['spend'] })).body.rows[0].features.spend.value).toBe(1.5);
    expect((await world.ask('/health/ready', { token: null })).status).toBe(200);
  });
});

describe('without Postgres', () => {
  test.each(['refuse', 'freeze'] as const)('online reads continue, and all else returns 503 (%s)', async (how) => {
    const { world, postgres, online } = await openUnreliable();
    if (how === 'refuse') postgres.refuse();
    else postgres.freeze('all');
    expect((await online({ features: ['spend'] })).body.rows[0].features.spend.value).toBe(1.5);
    expect((await world.ask('/health/ready', { token: null })).status).toBe(200);
    const push = () =>
      world.ask('/api/v1/views/amount/rows', {
        token: 'pusher',
        body: { rows: [{ entity_id: '1', timestamp: '2026-01-05', value: 1 }] },
      });
    const refused = await push();
    expect([refused.status, refused.body.code]).toEqual([503, 'OFFLINE_UNAVAILABLE']);
    expect((await world.ask('/api/v1/views')).status).toBe(503);
    postgres.heal();
    expect((await push()).status).toBe(200);
  });

  test.each(['refuse', 'freeze'] as const)(
    'a process that starts reads with the definitions of its files, and only its first read waits for Postgres (%s)',
    async (how) => {
      const redis = await freshRedis('online');
      const before = await openApiWorld({ online: redis });
      await before.apply(SPEND);
      await before.materialize('spend');
      const postgres = await startForwarder(await migratedDatabase());
      const time = { monotonicMs: 0 };
      const world = await openApiWorld({
        database: postgres.url,
        online: redis,
        settings: SETTINGS,
        api: { defined: [SPEND], clock: { ...systemClock, monotonicMs: () => time.monotonicMs } },
      });
      if (how === 'refuse') postgres.refuse();
      else postgres.freeze('all');
      const outdated = () => world.logged.filter(({ event }) => event === 'api.views_outdated').length;
      for (let reads = 0; reads < 3; reads += 1) {
        const { status, body } = await world.ask('/api/v1/online', {
          body: { features: ['spend'], entities: ENTITIES },
        });
        expect([status, body.rows[0].features.spend.value]).toEqual([200, 1.5]);
      }
      expect(outdated()).toBe(1);
      // The retry is in the background.
      time.monotonicMs += 6_000;
      expect((await world.ask('/api/v1/views/spend/entities/1')).status).toBe(200);
      await until(() => outdated() === 2);
      postgres.heal();
    },
  );

  test('a process keeps the views that it knew before an operation', async () => {
    const { world, postgres, online } = await openUnreliable();
    expect((await world.ask('/api/v1/views/amount/pause', { token: 'operator', body: {} })).status).toBe(200);
    postgres.refuse();
    expect((await online({ features: ['spend'] })).body.rows[0].features.spend.value).toBe(1.5);
    postgres.heal();
  });
});

describe('after hours without a request', () => {
  test('a push is judged by the current state of its view', async () => {
    const time = { aheadMs: 0 };
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + time.aheadMs };
    const world = await openApiWorld({ api: { clock } });
    await world.apply(AMOUNT);
    const body = { rows: [{ entity_id: '1', timestamp: '2026-01-05', value: 1 }] };
    const push = () => world.ask('/api/v1/views/amount/rows', { token: 'pusher', body });
    expect((await push()).status).toBe(200);
    const { database } = world.app;
    const actor = { kind: 'process', name: 'test' } as const;
    await pauseViews({ database, log: silentLog, withQueues: () => Promise.reject(new Error('none')) }, actor, {
      views: ['amount'],
      reason: null,
    });
    time.aheadMs = 3_600_000;
    expect(await push()).toMatchObject({ status: 503, body: { code: 'VIEW_PAUSED' } });
  });
});

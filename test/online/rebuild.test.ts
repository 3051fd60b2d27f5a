import { describe, expect, test } from 'vitest';
import { rebuildView } from '../../src/online/rebuild.ts';
import { checkSentinel } from '../../src/online/sentinel/check-sentinel.ts';
import { readSentinel, replaceSentinel } from '../../src/online/sentinel/sentinel.ts';
import { verifyView } from '../../src/online/verify.ts';
import { startRedis } from '../../src/servers/servers.ts';
import { changeViews } from '../support/change-views.ts';
import { days, eventsView, type OnlineWorld, onDay, openOnlineWorld, type Row } from './world.ts';

const NOTHING = { written: 0, unchanged: 0, older: 0, refused: 0, removed: 0 };
const ROWS: Row[] = ['a', 'b', 'c', 'd', 'e'].map((id, index) => [id, onDay(0, index), String(index)]);

async function reasons(world: OnlineWorld): Promise<unknown[]> {
  return world.database.query('select rebuild_reason as reason from millrace.view order by id');
}

async function differences(world: OnlineWorld): Promise<number> {
  const { database, online, view, publisher } = world;
  return (await verifyView({ database, online, view, signal: publisher.signal })).total;
}

describe('rebuildView', () => {
  test('brings back all that a flush took, in slices, and says why', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), ROWS));
    const before = await world.onlineRows();
    await world.redis('FLUSHDB');
    const reason = 'emptied';
    expect(await checkSentinel(world)).toMatchObject({ generation: 2, reason, due: [{ name: 'orders', reason }] });
    expect(await checkSentinel(world)).toMatchObject({
      generation: 2,
      reason: null,
      due: [{ name: 'orders', reason }],
    });
    expect(await rebuildView({ ...world.publisher, entitiesPerSlice: 2 })).toMatchObject({
      counts: { ...NOTHING, written: 5 },
    });
    expect(await world.onlineRows()).toEqual(before);
    expect(await checkSentinel(world)).toMatchObject({ reason: null, due: [] });
    expect(
      await world.database.query(`select note, publish_number as number from millrace.event where kind = 'rebuilt'`),
    ).toEqual([{ note: { kind: 'rebuilt', facts: { reason } }, number: 2 }]);
  });

  test('writes only what differs, and removes what offline does not have', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), ROWS));
    await world.redis('HSET', 'mr:orders:a', 'amount', '77');
    await world.redis('HSET', 'mr:orders:b', 'extra', '1');
    await world.redis('HSET', 'mr:orders:ghost', '_ts', '9999999999999999', '_rev', '1', 'amount', '1');
    await world.redis('HSET', 'mr:orders:c', '_ts', '9999999999999999');
    await world.redis('HSET', 'mr:orders_2:other', '_ts', '1');
    expect(await differences(world)).toBe(4);
    expect(await rebuildView(world.publisher)).toMatchObject({
      counts: { ...NOTHING, written: 3, unchanged: 2, removed: 1 },
    });
    expect(await differences(world)).toBe(0);
    expect(await world.redis('HGET', 'mr:orders_2:other', '_ts')).toBe('1');
  });

  test('pays the debt that it finds', async () => {
    await using world = await openOnlineWorld();
    await world.commit(days(0), ROWS);
    await world.commit(days(0), ROWS.slice(1));
    expect(await rebuildView(world.publisher)).toMatchObject({ spans: [days(0)], counts: { ...NOTHING, written: 4 } });
    const [row] = await world.database.query(
      `select covered = published as paid, (select count(*) from millrace.removed) as removed from millrace.coverage`,
    );
    expect(row).toEqual({ paid: true, removed: 0 });
  });

  test('leaves a request that was made again while it worked', async () => {
    await using world = await openOnlineWorld();
    await world.commit(days(0), ROWS);
    await world.database.run(`update millrace.view set rebuild_reason = 'ttl'`);
    const redis = {
      ...world.online.redis,
      script: async (...call: Parameters<OnlineWorld['online']['redis']['script']>) => {
        await world.database.run(`update millrace.view set meta_fingerprint = 'changed again'`);
        return world.online.redis.script(...call);
      },
    };
    await rebuildView({ ...world.publisher, online: { ...world.online, redis } });
    expect(await reasons(world)).toEqual([{ reason: 'ttl' }]);
    await rebuildView(world.publisher);
    expect(await reasons(world)).toEqual([{ reason: null }]);
  });

  test('sets expiries again when the ttl has changed', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), [['a', onDay(0), '1']]));
    await changeViews(world.database, null, { ttlMs: 36_500 * 86_400_000 });
    expect(await rebuildView(world.publisher)).toMatchObject({ counts: { ...NOTHING, unchanged: 1 } });
    expect(Number(await world.redis('PTTL', 'mr:orders:a'))).toBeGreaterThan(0);
  });
});

describe('checkSentinel', () => {
  test('takes an empty store at the very start for nothing but that', async () => {
    await using world = await openOnlineWorld();
    expect(await checkSentinel(world)).toMatchObject({ generation: 1, reason: null, due: [] });
    expect(await checkSentinel(world)).toMatchObject({ generation: 1, reason: null, due: [] });
  });

  test('has everything rebuilt under greater numbers when Postgres was restored from a backup', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), [['a', onDay(0), '1']]));
    // What the backup does not know: a later commit and its publish.
    await world.publish(
      await world.commit(days(1), [
        ['a', onDay(1), '2'],
        ['b', onDay(1), '2'],
      ]),
    );
    await world.database.run(`delete from features.orders where event_timestamp >= '2026-01-02'`);
    await world.database.run('update millrace.view set publish_number = 1, finished_publish_number = 1');
    await world.database.run(
      `update millrace.coverage set covered = '{[2026-01-01,2026-01-02)}', published = '{[2026-01-01,2026-01-02)}'`,
    );
    expect(await checkSentinel(world)).toMatchObject({ generation: 2, due: [{ name: 'orders' }] });
    expect(await rebuildView(world.publisher)).toMatchObject({
      number: 1_000_003,
      counts: { ...NOTHING, written: 1, removed: 1 },
    });
    expect(await differences(world)).toBe(0);
  });

  test('finds out by refused rows that the store holds numbers of another life', async () => {
    await using world = await openOnlineWorld();
    await world.redis('HSET', 'mr:orders:a', '_rev', '500', '_ts', '1', 'amount', '1');
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    await expect(world.publish(run)).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    expect((await checkSentinel(world)).due).toHaveLength(1);
    expect(await rebuildView(world.publisher)).toMatchObject({ counts: { ...NOTHING, written: 1 } });
    expect(await differences(world)).toBe(0);
  });

  test('rebuilds a view whose publisher died before it recorded the publish', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    await world.publish(run);
    await world.database.run(
      'update millrace.view set finished_publish_number = 0, publish_owner = $1, publish_until = millrace.now()',
      ['dead'],
    );
    const reason = 'unrecorded';
    expect(await checkSentinel(world)).toMatchObject({ generation: 1, reason, due: [{ reason }] });
    expect(await checkSentinel(world)).toMatchObject({ generation: 1, reason: null });
    await rebuildView(world.publisher);
    expect(await checkSentinel(world)).toMatchObject({ generation: 1, reason: null, due: [] });
  });

  test('begins once, however many processes find the same', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), ROWS));
    await world.redis('FLUSHDB');
    const checks = await Promise.all(Array.from({ length: 5 }, () => checkSentinel(world)));
    expect(checks.map((check) => check.generation)).toEqual([2, 2, 2, 2, 2]);
    expect(await readSentinel(world.online)).toMatchObject({ generation: 2 });
  });

  test('is not misled by publishes that finish meanwhile', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), ROWS);
    const publishes = (async () => {
      for (let times = 0; times < 20; times += 1) await world.publish(run);
    })();
    for (let times = 0; times < 40; times += 1)
      expect(await checkSentinel(world)).toMatchObject({ reason: null, due: [] });
    await publishes;
  });

  test('distrusts a server that was restarted, with or without its data', async () => {
    await using server = await startRedis({ appendonly: 'yes' });
    await using world = await openOnlineWorld(eventsView(), { redis: server.url });
    await world.publish(await world.commit(days(0), ROWS));
    await server.restart();
    const reason = 'server';
    expect(await checkSentinel(world)).toMatchObject({ generation: 2, reason, due: [{ reason }] });
    expect(await rebuildView(world.publisher)).toMatchObject({ counts: { ...NOTHING, unchanged: 5 } });
    await world.redis('FLUSHALL');
    await server.restart();
    expect(await checkSentinel(world)).toMatchObject({ generation: 3, due: [{ name: 'orders' }] });
    await rebuildView(world.publisher);
    expect(await differences(world)).toBe(0);
  });

  test('distrusts a store that is older than Postgres', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), ROWS);
    await world.publish(run);
    await world.publish(run);
    await replaceSentinel(world.online, 1, [{ name: 'orders', publishNumber: 1, finishedNumber: 1 }]);
    expect(await checkSentinel(world)).toMatchObject({ generation: 2, reason: 'older' });
  });
});

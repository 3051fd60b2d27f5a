import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { publishRun } from '../../src/online/publish.ts';
import { checkSentinel } from '../../src/online/sentinel/check-sentinel.ts';
import { readSentinel } from '../../src/online/sentinel/sentinel.ts';
import type { Redis } from '../../src/redis/connection.ts';
import { requestRebuild } from '../../src/state/publishing/online-store.ts';
import { takePublishLease } from '../../src/state/publishing/publishing.ts';
import { slowTest } from '../support/sample.ts';
import { migratedDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { feature } from '../support/views.ts';
import { DAY_MS, days, eventsView, type OnlineWorld, onDay, openOnlineWorld, openPostgres } from './world.ts';

const NOTHING = { written: 0, unchanged: 0, older: 0, refused: 0, removed: 0 };

async function lockWaits({ database }: OnlineWorld): Promise<number> {
  const rows = await database.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

async function debtOf(world: OnlineWorld): Promise<string> {
  const [row] = await world.database.query<{ debt: string }>(
    `select (covered - published)::text as debt from millrace.coverage where view_id = $1`,
    [world.viewId],
  );
  return row?.debt ?? '';
}

/** The world's Redis, with something happening right before each script call. */
function interrupted(redis: Redis, before: () => Promise<unknown>): Redis {
  return {
    ...redis,
    script: async (...call) => {
      await before();
      return redis.script(...call);
    },
  };
}

/** The world's Redis, with something happening right after each script call. */
function followed(redis: Redis, after: () => Promise<unknown>): Redis {
  return {
    ...redis,
    script: async (...call) => {
      const reply = await redis.script(...call);
      await after();
      return reply;
    },
  };
}

describe('publishRun', () => {
  slowTest('finishes if the online store is slow and Postgres has long sent all rows', async () => {
    const postgres = await migratedDatabase();
    await using world = await openOnlineWorld(eventsView(), { postgres });
    await using database = openPostgres(postgres, 1_000);
    const redis = interrupted(world.online.redis, () => systemClock.sleep(2_500));
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    const slow = { ...world.publisher, database, online: { ...world.online, redis } };
    expect(await publishRun({ ...slow, run })).toMatchObject({ counts: { ...NOTHING, written: 1 } });
  });

  test('finds the rows of a table that an edit is altering as it begins', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), [['a', onDay(0), '1']]));
    const run = await world.commit(days(0), [['b', onDay(0), '2']]);
    let published: Promise<unknown> = Promise.resolve();
    await world.database.transaction(async (session) => {
      await session.run(`alter table features.${world.view.name} alter column amount type numeric`);
      published = world.publish(run);
      await until(async () => (await lockWaits(world)) > 0);
    });
    await published;
    expect(Object.fromEntries(await world.onlineRows())).toMatchObject({ b: { amount: '2' } });
  });

  test('brings a committed run online and records it', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [
      ['a', onDay(0, 1), '1.5'],
      ['a', onDay(0, 2), '2.5'],
      ['b', onDay(0, 1), '-0'],
    ]);
    const published = await world.publish(run);
    expect(published).toMatchObject({ number: 1, runs: [run.id], counts: { ...NOTHING, written: 2 } });
    expect(Object.fromEntries(await world.onlineRows())).toEqual({
      a: { _ts: '1767225602000000', amount: '2.5' },
      b: { _ts: '1767225601000000', amount: '-0' },
    });
    const [row] = await world.database.query(
      `select finished_publish_number as number, publish_owner as owner, rebuild_reason as reason,
              (select json_agg(json_build_array(kind, span::text, publish_number)) from millrace.event
                where kind in ('published', 'rebuilt')) as events
         from millrace.view`,
    );
    const span = '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}';
    expect(row).toEqual({ number: 1, owner: null, reason: null, events: [['published', span, 1]] });
    expect(await debtOf(world)).toBe('{}');
  });

  test('writes nothing when it is repeated', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    await world.publish(run);
    const before = await world.onlineRows();
    expect(await world.publish(run)).toMatchObject({ number: 2, counts: NOTHING });
    expect(await world.onlineRows()).toEqual(before);
  });

  test('leaves newer rows alone when the past is filled in', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(5), [['a', onDay(5), '5']]));
    const backfill = await world.commit(days(1), [
      ['a', onDay(1), '1'],
      ['b', onDay(1), '1'],
    ]);
    expect(await world.publish(backfill)).toMatchObject({ counts: { ...NOTHING, written: 1, older: 1 } });
    expect((await world.onlineRows()).get('a')).toMatchObject({ amount: '5' });
  });

  test('brings corrections of the same moment online, down to the sign of zero', async () => {
    await using world = await openOnlineWorld(
      eventsView({ features: [feature('x', 'float'), feature('y', 'decimal')] }),
    );
    await world.publish(await world.commit(days(0), [['a', onDay(0), '0', '1.0']]));
    await world.publish(await world.commit(days(0), [['a', onDay(0), '-0', '1.00']]));
    expect((await world.onlineRows()).get('a')).toMatchObject({ x: '-0', y: '1.00' });
  });

  test('falls back to the row before, or to none, where rows were removed', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), [['a', onDay(0), '0']]));
    await world.publish(
      await world.commit(days(1), [
        ['a', onDay(1), '1'],
        ['b', onDay(1), '1'],
        ['c', onDay(1), '1'],
      ]),
    );
    const run = await world.commit(days(1), [['c', onDay(1), '1']]);
    expect(await world.publish(run)).toMatchObject({ counts: { ...NOTHING, written: 1, removed: 1 } });
    expect(Object.fromEntries(await world.onlineRows())).toMatchObject({ a: { amount: '0' }, c: { amount: '1' } });
    expect((await world.onlineRows()).has('b')).toBe(false);
    expect(await world.database.query('select 1 from millrace.removed')).toEqual([]);
  });

  test('lets an older publish that comes late not bring removed rows back', async () => {
    await using world = await openOnlineWorld();
    const first = await world.commit(days(1), [['a', onDay(1), '1']]);
    await world.publish(first);
    await world.publish(await world.commit(days(1), []));
    await world.publish(first);
    expect((await world.onlineRows()).size).toBe(0);
  });

  test('does not claim what was committed again after it had read', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0, 2), [['a', onDay(0), '1']]);
    const commitOnce = { left: 1 };
    const redis = interrupted(world.online.redis, async () => {
      if (commitOnce.left-- > 0) await world.commit(days(0), [['a', onDay(0), '2']]);
    });
    await publishRun({ ...world.publisher, online: { ...world.online, redis }, run });
    expect(await debtOf(world)).toBe('{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}');
    await world.workOffDebt();
    expect((await world.onlineRows()).get('a')).toMatchObject({ amount: '2' });
  });

  test('publishes what a run of a view without spans wrote', async () => {
    await using world = await openOnlineWorld(eventsView({ kind: 'latest' }));
    const first = await world.commit(null, [
      ['a', onDay(0), '1'],
      ['b', onDay(0), '1'],
    ]);
    await world.publish(first);
    const second = await world.commit(null, [
      ['a', onDay(0), '1'],
      ['b', onDay(1), '2'],
    ]);
    expect(await world.publish(second)).toMatchObject({ spans: [], counts: { ...NOTHING, written: 1 } });
    expect(Object.fromEntries(await world.onlineRows())).toMatchObject({ a: { amount: '1' }, b: { amount: '2' } });
  });

  test('leaves out rows past their ttl, and lets Redis drop the others a little after theirs', async () => {
    const ttlMs = 2 * DAY_MS;
    await using world = await openOnlineWorld(eventsView({ ttlMs }));
    const [row] = await world.database.query<{ day: number }>(`select current_date - date '2026-01-01' as day`);
    const today = row?.day ?? 0;
    const now = systemClock.now();
    const run = await world.commit(days(today - 3, today + 1), [
      ['old', new Date(now - ttlMs - 1).toISOString(), '1'],
      ['young', new Date(now - ttlMs + 60_000).toISOString(), '1'],
    ]);
    expect(await world.publish(run)).toMatchObject({ counts: { ...NOTHING, written: 1, unchanged: 1 } });
    expect([...(await world.onlineRows()).keys()]).toEqual(['young']);
    const leftMs = Number(await world.redis('PTTL', 'mr:orders:young'));
    expect(leftMs).toBeGreaterThan(60_000);
    expect(leftMs).toBeLessThan(60_000 + 60_000 + 600_000);
  });

  test('removes a row that has passed its ttl since it was published', async () => {
    await using world = await openOnlineWorld(eventsView({ ttlMs: 2 * DAY_MS }));
    await world.setNow(onDay(1000));
    const run = await world.commit(days(999), [['a', onDay(999), '1']]);
    await world.publish(run);
    expect((await world.onlineRows()).size).toBe(1);
    await world.setNow(onDay(1001));
    // So that all rows of the next run are published, not only what it changes.
    await requestRebuild(world.database, [world.viewId], 'command');
    expect(await world.publish(await world.commit(days(999), [['a', onDay(999), '1']]))).toMatchObject({
      counts: { ...NOTHING, removed: 1 },
    });
    expect((await world.onlineRows()).size).toBe(0);
  });

  test('says so when another publisher keeps the view', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    await takePublishLease(world.database, world.viewId, 'another', 60_000);
    expect(await publishRun({ ...world.publisher, leaseMs: 100, run })).toBeNull();
    expect(await debtOf(world)).not.toBe('{}');
  });

  test('waits for another publisher until its lease is over', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    await takePublishLease(world.database, world.viewId, 'another', 100);
    expect(await world.publish(run)).toMatchObject({ number: 2, counts: { written: 1 } });
  });

  test('stops with LEASE_LOST, recording nothing, when another publisher has taken the view over', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    const redis = interrupted(world.online.redis, async () => {
      await world.database.run('update millrace.view set publish_until = millrace.now()');
      await world.commit(days(0), [['a', onDay(0), '2']]);
      await world.workOffDebt();
    });
    // In another process: publishers of one process take turns.
    const zombie = publishRun({ ...world.publisher, owner: 'zombie', online: { ...world.online, redis }, run });
    await expect(zombie).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect((await world.onlineRows()).get('a')).toMatchObject({ amount: '2' });
    expect(await debtOf(world)).toBe('{}');
  });

  test('stops with LEASE_LOST if its lease was reclaimed between its last write and its record', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    const { redis } = world.online;
    const late: Redis = {
      ...redis,
      send: async (commands, signal) => {
        const replies = await redis.send(commands, signal);
        if (!commands.some((command) => command.includes('finish'))) return replies;
        await world.database.run('update millrace.view set publish_until = millrace.now()');
        await takePublishLease(world.database, world.viewId, 'another', 0);
        return replies;
      },
    };
    const zombie = publishRun({ ...world.publisher, online: { ...world.online, redis: late }, run });
    await expect(zombie).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await debtOf(world)).not.toBe('{}');
    // The claims of that publish are unknown: its view is rebuilt.
    expect(await world.workOffDebt()).toMatchObject({ number: 3 });
    const [row] = await world.database.query('select rebuild_reason as reason from millrace.view');
    expect(row).toEqual({ reason: 'unrecorded' });
  });

  test('stops with its reason when its signal is aborted, and leaves the lease', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    const stop = new AbortController();
    const redis = interrupted(world.online.redis, async () => stop.abort(new Error('shutdown')));
    const stopped = publishRun({ ...world.publisher, online: { ...world.online, redis }, run, signal: stop.signal });
    await expect(stopped).rejects.toThrow('shutdown');
    expect(await world.publish(run)).toMatchObject({ number: 2 });
  });

  test('notices at its end that the store was emptied under it, and asks for a rebuild', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), [['a', onDay(0), '1']]));
    const run = await world.commit(days(1), [['b', onDay(1), '1']]);
    const redis = followed(world.online.redis, () => world.redis('FLUSHDB'));
    const failed = publishRun({ ...world.publisher, online: { ...world.online, redis }, run });
    await expect(failed).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    expect(await debtOf(world)).not.toBe('{}');
    const [row] = await world.database.query(
      'select rebuild_reason as reason, generation from millrace.view, millrace.online_store',
    );
    expect(row).toEqual({ reason: 'emptied', generation: 2 });
    expect(await readSentinel(world.online)).toMatchObject({ generation: 2 });
  });

  test('records nothing when the store began a new generation between its last write and the record of it', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    const { redis } = world.online;
    const late: Redis = {
      ...redis,
      send: async (commands, signal) => {
        const replies = await redis.send(commands, signal);
        if (!commands.some((command) => command.includes('finish'))) return replies;
        await world.redis('FLUSHDB');
        await checkSentinel(world);
        return replies;
      },
    };
    const failed = publishRun({ ...world.publisher, online: { ...world.online, redis: late }, run });
    await expect(failed).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    expect(await debtOf(world)).not.toBe('{}');
    expect(await checkSentinel(world)).toMatchObject({ generation: 2, reason: null, due: [{ name: 'orders' }] });
  });

  test('writes nothing more into a store that was emptied under it', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(1), [['b', onDay(1), '1']]);
    const redis = interrupted(world.online.redis, () => world.redis('FLUSHDB'));
    const failed = publishRun({ ...world.publisher, online: { ...world.online, redis }, run });
    await expect(failed).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    expect((await world.onlineRows()).size).toBe(0);
  });

  test('leaves the run in the debt when Redis is away', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [['a', onDay(0), '1']]);
    const redis: Redis = { ...world.online.redis, send: () => Promise.reject(new Error('away')) };
    await expect(publishRun({ ...world.publisher, online: { ...world.online, redis }, run })).rejects.toThrow('away');
    expect(await world.workOffDebt()).toMatchObject({ number: 2, counts: { written: 1 } });
  });
});

describe('publishDebt', () => {
  test('has nothing to do, and takes no number, where all is published', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), [['a', onDay(0), '1']]));
    await world.database.run(`update millrace.run set state = 'done'`);
    expect(await world.workOffDebt()).toBeNull();
    expect(await world.database.query('select publish_number as number from millrace.view')).toEqual([{ number: 1 }]);
  });

  test('publishes all spans of the debt and all removed rows together', async () => {
    await using world = await openOnlineWorld();
    const runs = [
      await world.commit(days(0), [['a', onDay(0), '1']]),
      await world.commit(days(4), [['b', onDay(4), '1']]),
      await world.commit(days(2), [['c', onDay(2), '1']]),
      await world.commit(days(2), []),
    ];
    expect(await world.workOffDebt()).toMatchObject({
      runs: runs.map((run) => run.id),
      spans: [days(0), days(2), days(4)],
    });
    expect([...(await world.onlineRows()).keys()]).toEqual(['a', 'b']);
    expect(await debtOf(world)).toBe('{}');
  });
});

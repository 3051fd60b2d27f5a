import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { startProjectWorker } from '../../src/processes/processes.ts';
import { planDrains } from '../../src/queue/leader/drains.ts';
import { markInbox } from '../../src/state/inbox/drain.ts';
import { planDrain } from '../../src/state/inbox/plan-drain.ts';
import { unitProfiles } from '../../src/state/queries/profiles.ts';
import { claimRun, renewLease } from '../../src/state/runs/claim.ts';
import { findRun } from '../../src/state/runs/run.ts';
import { until } from '../support/until.ts';
import { AMOUNT, openPushed, plannedRun, pushMany, send, stored, T } from './pushed.ts';
import { openApiWorld } from './world.ts';

const WAITING_FOR_LOCKS = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

describe('a push that waits', () => {
  test('is answered when its rows are stored, committed or published', async () => {
    await using world = await openPushed();
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    const published = await send(world, 'a', 1, '?wait=published');
    expect([published.status, published.body.status]).toEqual([200, 'published']);
    const { body } = await world.ask('/api/v1/views/amount/entities/a');
    expect(body.features.amount.value).toBe(1);
    expect((await send(world, 'a', 2, '?wait=committed')).body.status).toBe('committed');
    expect(await stored(world)).toEqual({ a: 2 });
    expect((await send(world, 'a', 3)).body.status).toBe('stored');
    await until(async () => (await stored(world))['a'] === 3);
  });

  test('is answered when the API stops', async () => {
    await using world = await openPushed();
    const waiting = send(world, 'a', 1, '?wait=published');
    await until(async () => (await world.sql('select from millrace.inbox')).length > 0);
    await world.stopApi();
    const { status, headers, body } = await waiting;
    expect([status, body]).toEqual([200, { accepted: 1, refused: 0, refusals: [], status: 'stored' }]);
    expect(headers.get('connection')).toBe('close');
  });
});

describe('drains', () => {
  test('have profiles of the rows that they stored', async () => {
    await using world = await openPushed();
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    await send(world, 'a', 1, '?wait=committed');
    await send(world, 'b', 3, '?wait=committed');
    const profiles = await unitProfiles(world.app.database, AMOUNT, { from: null, to: null, limit: 10 });
    expect(profiles.map(({ span, profile }) => [span, profile.rows, profile.features['amount']?.max])).toEqual([
      [null, 1, '1'],
      [null, 1, '3'],
    ]);
  });

  test('follow each other, so that rows pushed during one are not left', async () => {
    await using world = await openPushed();
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    const ids = Array.from({ length: 60 }, (_, index) => `e${String(index).padStart(2, '0')}`);
    await Promise.all(ids.map((id, index) => send(world, id, index)));
    await until(async () => Object.keys(await stored(world)).length === ids.length);
    await until(async () => (await world.sql('select from millrace.inbox')).length === 0);
    const open = await world.sql(`select count(*) filter (where state <> 'done')::int as open from millrace.run`);
    await until(async () => (await world.sql(`select from millrace.run where state <> 'done'`)).length === 0);
    expect(open.length).toBe(1);
  });

  test('are planned by the scheduler if the API could not', async () => {
    await using world = await openPushed();
    await world.sql(
      `insert into millrace.inbox (view_id, columns, rows, data)
       select id, array['entity_id', 'timestamp', 'value'], 1, '[["a","${T}","1"]]' from millrace.view`,
    );
    await using queues = await world.app.openQueues();
    await planDrains({ database: world.app.database, log: silentLog }, queues);
    await planDrains({ database: world.app.database, log: silentLog }, queues);
    const runs = await world.sql(`select id::int as id, reason from millrace.run`);
    expect(runs).toEqual([{ id: runs[0]?.['id'], reason: 'push' }]);
    await world.perform(Number(runs[0]?.['id']));
    expect(await stored(world)).toEqual({ a: 1 });
  });

  test('reclaim the rows of a worker that lost its run, and store them once', async () => {
    await using world = await openPushed();
    const { database } = world.app;
    await send(world, 'a', 1);
    await until(async () => (await world.sql(`select from millrace.run where state = 'planned'`)).length > 0);
    const [row] = await world.sql('select id::int as id, view_id::int as view from millrace.run');
    const id = Number(row?.['id']);
    await claimRun(database, id, 'first', 0);
    const zombie = await findRun(database, id);
    if (zombie === null) throw new Error('the run is gone');
    expect(await markInbox(database, zombie)).toBe(1);
    await send(world, 'b', 2);
    expect((await world.perform(id)).kind).toBe('completed');
    await expect(markInbox(database, zombie)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await stored(world)).toEqual({ a: 1, b: 2 });
    expect(await planDrain(database, Number(row?.['view']))).toBeNull();
  });

  test('renew their lease while they wait for the entries', async () => {
    await using world = await openPushed();
    const { database } = world.app;
    await send(world, 'a', 1);
    const id = await plannedRun(world);
    await claimRun(database, id, 'first', 30_000);
    const run = await findRun(database, id);
    if (run === null) throw new Error('the run is gone');
    await using other = await database.reserve();
    await other.session.run('begin');
    await other.session.query('select from millrace.inbox for update');
    const marking = markInbox(database, run);
    await until(async () => (await world.sql(WAITING_FOR_LOCKS)).length > 0);
    await renewLease(database, run, 30_000);
    await other.session.run('rollback');
    expect(await marking).toBe(1);
  });

  test('move a limited number of entries each, the oldest ones first', async () => {
    await using world = await openPushed();
    const { database } = world.app;
    await pushMany(world, 20_002);
    const [row] = await world.sql('select id::int as id from millrace.view');
    const left = async () => world.sql('select id::int as id from millrace.inbox order by id');
    for (const ids of [[20_001, 20_002], []]) {
      const run = await planDrain(database, Number(row?.['id']));
      expect((await world.perform(Number(run))).kind).toBe('completed');
      expect(await left()).toEqual(ids.map((id) => ({ id })));
    }
    expect(await world.sql('select count(*)::int as rows from features.amount')).toEqual([{ rows: 20_002 }]);
  });

  test('read the entries again if they are not those that they have marked', async () => {
    let beforeCommit = async () => {};
    await using world = await openApiWorld({
      changeStages: (stages) =>
        stages.map((stage) => ({
          ...stage,
          perform: async (run, signal) => {
            if (stage.name === 'commit') await beforeCommit();
            return await stage.perform(run, signal);
          },
        })),
    });
    await world.apply(AMOUNT);
    await send(world, 'a', 1);
    await send(world, 'b', 2);
    beforeCommit = async () => {
      beforeCommit = async () => {};
      await world.sql('update millrace.inbox set run_id = 0 where id = (select max(id) from millrace.inbox)');
    };
    expect((await world.perform(await plannedRun(world))).kind).toBe('completed');
    expect(await stored(world)).toEqual({ a: 1, b: 2 });
    expect(await world.sql('select from millrace.inbox')).toEqual([]);
  });
});

describe('a push', () => {
  test('is accepted and durable while the queue is away', async () => {
    await using world = await openApiWorld({
      api: { openQueues: () => Promise.reject(new Error('away')) },
    });
    await world.apply(AMOUNT);
    expect((await send(world, 'a', 1)).status).toBe(200);
    expect(await world.sql('select rows from millrace.inbox')).toEqual([{ rows: 1 }]);
    await until(() => world.logged.some(({ event }) => event === 'drain.waiting'));
  });
});

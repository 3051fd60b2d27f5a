import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import type { Check } from '../../src/definition/check.ts';
import { notesOf } from '../../src/presentation/views/status-text.ts';
import { startProjectWorker } from '../../src/processes/processes.ts';
import { planDrains } from '../../src/queue/leader/drains.ts';
import { addToInbox } from '../../src/state/inbox/add.ts';
import { markInbox } from '../../src/state/inbox/drain.ts';
import { planDrain, viewsToDrain } from '../../src/state/inbox/plan-drain.ts';
import { unitProfiles } from '../../src/state/queries/profiles.ts';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import { claimRun, renewLease } from '../../src/state/runs/claim.ts';
import { findRun } from '../../src/state/runs/run.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { resumeView } from '../../src/state/views/pause.ts';
import { retireViews, viewIdOf } from '../../src/state/views/views.ts';
import { until } from '../support/until.ts';
import { fingerprinted, view } from '../support/views.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

const AMOUNT = view({ name: 'amount', kind: 'pushed', source: '', query: null, end: null });
const T = '2026-01-05T10:00:00Z';

async function openPushed(): Promise<ApiWorld> {
  const world = await openApiWorld();
  await world.apply(AMOUNT);
  return world;
}

const send = (world: ApiWorld, id: string, value: number, query = '') =>
  world.ask(`/api/v1/views/amount/rows${query}`, {
    token: 'pusher',
    body: { rows: [{ entity_id: id, timestamp: T, value }] },
  });

const stored = async (world: ApiWorld) =>
  Object.fromEntries(
    (await world.sql('select entity_id, amount::float8 from features.amount order by 1')).map((row) => [
      row['entity_id'],
      Number(row['amount']),
    ]),
  );

const WAITING_FOR_LOCKS = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

/** The drain that is planned after a push. */
async function plannedRun(world: ApiWorld): Promise<number> {
  const planned = () => world.sql(`select id::int as id from millrace.run where state = 'planned'`);
  await until(async () => (await planned()).length > 0);
  return Number((await planned())[0]?.['id']);
}

/** Adds entries of one row, as from a program that sends one value per request. */
async function pushMany(world: ApiWorld, entries: number): Promise<void> {
  await world.sql(
    `insert into millrace.inbox (view_id, columns, rows, data)
     select id, array['entity_id', 'timestamp', 'amount'], 1, format('[["%s","${T}","1"]]', n)
       from millrace.view, generate_series(1, $1) n order by n`,
    [entries],
  );
}

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

describe('a check of a pushed view', () => {
  /** A world with a view with these checks; 1 and 0 and 50 have been pushed and drained. */
  async function openChecked(checks: readonly Check[]): Promise<ApiWorld> {
    const world = await openApiWorld();
    await world.apply({ ...AMOUNT, checks });
    for (const value of [1, 0, 50]) await send(world, `e${value}`, value);
    await world.perform(await plannedRun(world));
    return world;
  }

  const quarantined = (world: ApiWorld) =>
    world.sql(`select reason, detail, row->>'entity_id' as id from millrace.quarantine order by id`);

  test('refuses the rows that fail it instead of failing the run', async () => {
    const small: Check = { kind: 'row', expression: 'amount < 10', onFailure: 'fail', atLeast: 1 };
    await using world = await openChecked([small]);
    expect(await stored(world)).toEqual({ e0: 0, e1: 1 });
    const detail = 'the row fails the check "amount < 10"';
    expect(await quarantined(world)).toEqual([{ reason: 'check_failed', detail, id: 'e50' }]);
  });

  test('refuses the rows for which it cannot be evaluated, and the others are stored', async () => {
    const inverse: Check = { kind: 'row', expression: '1 / amount > 0.1', onFailure: 'refuse', atLeast: 1 };
    await using world = await openChecked([inverse]);
    expect(await stored(world)).toEqual({ e1: 1 });
    const cannot = 'Postgres cannot evaluate the check "1 / amount > 0.1" for the row';
    expect(await quarantined(world)).toEqual([
      { reason: 'check_failed', detail: cannot, id: 'e0' },
      { reason: 'check_failed', detail: 'the row fails the check "1 / amount > 0.1"', id: 'e50' },
    ]);
    const [run] = await world.sql(`select state, counts->'refusedBy' as refused from millrace.run`);
    expect(run).toEqual({ state: 'done', refused: { check_failed: 2 } });
  });

  test('is reported to a push that waits for its rows', async () => {
    const small: Check = { kind: 'row', expression: 'amount < 10', onFailure: 'refuse', atLeast: 1 };
    await using world = await openApiWorld();
    await world.apply({ ...AMOUNT, checks: [small] });
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    const rows = [50, 1, 60].map((value) => ({ entity_id: `e${value}`, timestamp: T, value }));
    const pushed = await world.ask('/api/v1/views/amount/rows?wait=published', { token: 'pusher', body: { rows } });
    expect(pushed.body).toEqual({ accepted: 3, refused: 0, refusals: [], status: 'published', quarantined: 2 });
    expect((await send(world, 'b', 2, '?wait=committed')).body).toMatchObject({ status: 'committed', quarantined: 0 });
    expect((await send(world, 'c', 70)).body).not.toHaveProperty('quarantined');
  });

  test('is skipped if it only warns and cannot be evaluated', async () => {
    const inverse: Check = { kind: 'row', expression: '1 / amount > 0', onFailure: 'warn', atLeast: 1 };
    await using world = await openChecked([inverse]);
    expect(await stored(world)).toEqual({ e0: 0, e1: 1, e50: 50 });
    const [run] = await world.sql(`select state, checks from millrace.run`);
    const facts = { kind: 'unevaluable', sqlstate: '22012' };
    expect(run).toEqual({ state: 'done', checks: [{ check: inverse, state: 'skipped', facts }] });
  });
});

describe('waiting rows', () => {
  const LATEST = view({
    name: 'amount',
    kind: 'latest',
    query: `select '1' as entity_id, 1::float8 as value, now() as timestamp`,
    end: null,
  });

  test('of a view that is retired, also after an edit, are stored and shown until then', async () => {
    await using world = await openPushed();
    const { database } = world.app;
    await pushMany(world, 3);
    await world.sql(`update millrace.view set edited_fingerprint = 'other'`);
    await retireViews(database, []);
    const shown = async () => {
      const overviews = await viewOverviews(database);
      return overviews.map((overview) => [overview.inboxRows, notesOf({ ...overview, ticks: [] })]);
    };
    expect(await shown()).toEqual([[3, ['amount: 3 pushed rows wait to be stored.']]]);
    const [id = 0] = await viewsToDrain(database);
    expect((await world.perform(Number(await planDrain(database, id)))).kind).toBe('completed');
    expect(await stored(world)).toEqual({ 1: 1, 2: 1, 3: 1 });
    expect(await shown()).toEqual([[0, []]]);
  });

  test('keep a view from changing its kind', async () => {
    await using world = await openPushed();
    const { database } = world.app;
    await send(world, 'a', 1);
    const changed = world.apply(LATEST);
    await expect(changed).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringMatching(/^amount cannot change its kind from pushed to latest while pushed rows wait/),
    });
    await world.perform(await plannedRun(world));
    await applyEdit(database, fingerprinted(LATEST), 'forward-only');
    const late = {
      viewId: Number((await viewIdOf(database, 'amount')) ?? 0),
      columns: [],
      entries: [{ rows: 1, data: '[]' }],
    };
    await expect(database.transaction((session) => addToInbox(session, late))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await send(world, 'b', 2)).status).toBe(404);
    expect(await world.sql('select from millrace.inbox')).toEqual([]);
  });
});

describe('a drain that fails', () => {
  /** Postgres has no such operator, which only it knows: the check fails for every row. */
  const WRONG: Check = { kind: 'row', expression: `amount ~ 'a'`, onFailure: 'refuse', atLeast: 1 };

  test('is not followed by another one until some time has passed', async () => {
    await using world = await openApiWorld();
    await world.apply({ ...AMOUNT, checks: [WRONG] });
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    await send(world, 'a', 1);
    const failed = () => world.sql(`select error->>'code' as code from millrace.run where state = 'failed'`);
    await until(async () => (await failed()).length > 0);
    await send(world, 'b', 2);
    await using queues = await world.app.openQueues();
    await planDrains({ database: world.app.database, log: silentLog }, queues);
    expect(await world.sql('select state from millrace.run')).toEqual([{ state: 'failed' }]);
    await world.sql(`update millrace.run set closed_at = closed_at - interval '61 s'`);
    await planDrains({ database: world.app.database, log: silentLog }, queues);
    await until(async () => (await failed()).length === 2);
    expect(await failed()).toEqual([{ code: 'CHECK_FAILED' }, { code: 'CHECK_FAILED' }]);
  });

  test('pauses the view after failures_max of them, and its rows are stored once the check is fixed', async () => {
    await using world = await openApiWorld();
    const { database } = world.app;
    await world.apply({ ...AMOUNT, checks: [WRONG], failuresMax: 2 });
    await send(world, 'a', 1);
    const [row] = await world.sql('select id::int as id from millrace.view');
    const viewId = Number(row?.['id']);
    await world.perform(await plannedRun(world));
    await world.sql(`update millrace.run set closed_at = closed_at - interval '61 s'`);
    await world.perform(Number(await planDrain(database, viewId)));
    await world.sql(`update millrace.run set closed_at = closed_at - interval '1 day'`);
    expect(await planDrain(database, viewId)).toBeNull();
    expect(await world.sql('select paused_kind, failed_in_a_row as failed from millrace.view')).toEqual([
      { paused_kind: 'circuit', failed: 2 },
    ]);
    await world.apply({ ...AMOUNT, failuresMax: 2 });
    await resumeView(database, 'amount');
    await world.perform(Number(await planDrain(database, viewId)));
    expect(await stored(world)).toEqual({ a: 1 });
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

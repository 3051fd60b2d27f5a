import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { startProjectWorker } from '../../src/processes/processes.ts';
import { planDrains } from '../../src/queue/leader/drains.ts';
import { markInbox } from '../../src/state/inbox/drain.ts';
import { planDrain } from '../../src/state/inbox/plan-drain.ts';
import { unitProfiles } from '../../src/state/queries/profiles.ts';
import { claimRun } from '../../src/state/runs/claim.ts';
import { findRun } from '../../src/state/runs/run.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
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

import { describe, expect, test } from 'vitest';

import { partsView } from '../../src/definition/declared/parts.ts';
import { dataFingerprint } from '../../src/definition/fingerprint.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { wakeWaiting } from '../../src/state/planning/earlier-views.ts';
import { viewsOfJob } from '../../src/state/planning/job-views.ts';
import { requestRebuild } from '../../src/state/publishing/online-store.ts';
import { openWorld, type World } from '../support/world.ts';
import {
  activity,
  both,
  HOUR_MS,
  hours,
  moveTo,
  onlineValues,
  openShop,
  PARTS,
  plain,
  storedRows,
  VIEW,
} from './incremental.ts';

describe('partsView', () => {
  test('begins with the window of the first interval, and skips nothing', () => {
    const parts = partsView({ ...VIEW, catchUp: 'latest', ttlMs: HOUR_MS, tags: ['a'] });
    expect(parts).toMatchObject({
      name: 'activity.parts',
      kind: 'events',
      start: Date.UTC(2026, 0, 1, 1),
      catchUp: 'all',
      ttlMs: null,
      lookbackUnits: 3,
      partsOf: 'activity',
      tags: ['a'],
    });
    // Features that differ only in their windows share a part.
    expect(parts?.features.map(({ name, type }) => `${name.replace(/_[0-9a-f]{10}$/, '')} ${type}`)).toEqual([
      'count int',
      'count int',
      'count_amount int',
      'sum_amount decimal',
      'sum_points decimal',
      'min_amount decimal',
      'max_points int',
    ]);
    expect(partsView(plain())).toBe(null);
  });

  test('is not part of what decides whether rows change', () => {
    expect(dataFingerprint(VIEW)).toBe(dataFingerprint({ ...plain(), name: 'activity' }));
  });
});

describe('an incremental view', () => {
  test('is planned with its parts, and waits until they cover its windows', async () => {
    await using world = await openShop();
    await world.apply(VIEW);
    expect((await viewsOfJob(world.app.database, ['activity'])).map(({ name, viewName }) => [name, viewName])).toEqual([
      [VIEW.name, VIEW.name],
      [PARTS, VIEW.name],
    ]);
    const [first = 0] = await world.plan(VIEW.name);
    expect(await world.perform(first)).toMatchObject({ kind: 'snoozed', why: 'earlier_views' });
    const [waiting] = await world.sql('select waiting_for from millrace.run where id = $1', [first]);
    const missing = { name: PARTS, start: '2026-01-01T01:00:00Z', end: '2026-01-01T07:00:00Z', more: 0 };
    expect(waiting).toEqual({ waiting_for: { kind: 'earlier_views', facts: { views: [missing] } } });

    const [parts = 0] = await world.plan(PARTS);
    await world.perform(parts);
    expect(await wakeWaiting(world.app.database, parts)).toContain(first);
    const [woken] = await world.sql('select not_before from millrace.run where id = $1', [first]);
    expect(woken).toEqual({ not_before: null });
    expect((await world.perform(first)).kind).toBe('completed');
  });

  test('never sums less: it waits while a part is held', async () => {
    await using world = await openShop();
    await world.apply(VIEW);
    await both(world);
    await world.sql(`insert into user_events values ('eve', '2026-01-01 09:30Z', 'buy', 'NaN', 1)`);
    await moveTo(world, 10);
    const [outcome] = await world.materialize(PARTS);
    expect(outcome).toMatchObject({ kind: 'discarded', failure: { code: 'ROWS_REFUSED' } });
    expect(outcome).toMatchObject({
      failure: {
        message: expect.stringMatching(
          /^\d+ partial aggregates of activity were refused \(value_not_finite \d+\)\. Without them, its values would be wrong\. List them with "millrace quarantine activity.parts", then fix the source, or exclude such rows with `where`\.$/,
        ),
      },
    });
    const [last] = await world.materialize(VIEW.name);
    expect(last).toMatchObject({ kind: 'snoozed', why: 'earlier_views' });
    expect(await hours(world, 'covered', VIEW.name)).toBe('6-9');
  });

  test('counts rows without an entity as refused by its parts, and continues', async () => {
    await using world = await openShop();
    await world.sql(`insert into user_events values (null, '2026-01-01 07:30Z', 'buy', 1, 1)`);
    await world.apply(VIEW);
    await both(world);
    expect(await hours(world, 'covered', VIEW.name)).toBe('6-9');
  });

  test('reads the units again whose windows contain a changed part, and no others', async () => {
    await using world = await openShop(20);
    await world.apply(VIEW);
    await both(world);
    // Read again with three others, which do not change.
    await world.sql(`insert into user_events values ('eve', '2026-01-01 17:30Z', 'buy', 1, 1)`);
    await moveTo(world, 21);
    await world.materialize(PARTS);
    expect(await hours(world, 'stale', VIEW.name)).toBe('17-20');
    await world.materialize(VIEW.name);
    expect(await hours(world, 'stale', VIEW.name)).toBe('');
    expect((await storedRows(world, VIEW)).filter(({ entity_id }) => entity_id === 'eve')).toHaveLength(4);
  });

  test('reads a unit again that had read a part before it changed', async () => {
    await using world = await openShop();
    await world.apply(VIEW);
    await both(world);
    await moveTo(world, 10);
    await world.materialize(PARTS);
    const [run = 0] = await world.plan(VIEW.name);
    const [hidden] = await world.sql(`select id from millrace.view where name = $1`, [PARTS]);
    await using other = await openInterrupted(world, run);
    await world.sql(`insert into user_events values ('eve', '2026-01-01 09:30Z', 'buy', 1, 1)`);
    await world.sql(
      `update millrace.coverage set stale = '{[2026-01-01 09:00Z, 2026-01-01 10:00Z)}' where view_id = $1`,
      [hidden?.['id']],
    );
    await world.materialize(PARTS);
    await world.sql('update millrace.run set lease_until = null, not_before = null');
    expect((await other.world.perform(run)).kind).toBe('completed');
    expect(await hours(world, 'stale', VIEW.name)).toBe('9-10');
  });

  test('keeps the units that it has stored before it became incremental', async () => {
    await using world = await openShop(12);
    const before: FeatureView = { ...plain(), name: VIEW.name, lookbackUnits: 2 };
    await world.apply(before);
    await world.materialize(VIEW.name);
    await world.apply(VIEW);
    expect(await hours(world, 'stale', VIEW.name)).toBe('10-12');
    await world.materialize(PARTS);
    expect(await hours(world, 'stale', VIEW.name)).toBe('10-12');
    const outcomes = await world.materialize(VIEW.name);
    expect(outcomes.map((outcome) => outcome.kind === 'completed' && outcome.value.counts.unchanged)).toEqual([1, 1]);
  });

  test('combines the parts of a composite entity', async () => {
    await using world = await openShop();
    await world.sql(`insert into user_events values ('a|b', '2026-01-01 07:30Z', 'buy|all', 2, 1)`);
    const from = { table: 'user_events', entity_id: ['user_id', 'type'], timestamp: 'at' };
    const keys = {
      entity: ['user', 'kind'],
      from,
      features: [{ name: 'spend', type: 'decimal', aggregate: 'sum', column: 'amount', window: '6h' }],
    };
    const [fast, slow] = [activity(keys), plain(keys)];
    await world.apply(fast, slow);
    await both(world);
    await world.materialize('plain');
    const rows = await storedRows(world, slow);
    expect(rows.length).toBeGreaterThan(3);
    expect(await storedRows(world, fast)).toEqual(rows);
  });

  test('stores zeros for an entity that leaves its windows, as a view without parts does', async () => {
    await using world = await openShop(16);
    await world.sql(`insert into user_events values ('bob', '2026-01-01 03:30Z', 'buy', 2, 1)`);
    const keys = {
      absent: 'zero',
      features: [{ name: 'spend', type: 'decimal', aggregate: 'sum', column: 'amount', window: '6h' }],
    };
    const [fast, slow] = [activity(keys), plain(keys)];
    await world.apply(fast, slow);
    await both(world);
    await world.materialize('plain');
    const rows = await storedRows(world, slow);
    expect(rows.filter(({ entity_id, spend }) => entity_id === 'bob' && spend === '0')).toHaveLength(1);
    expect(await storedRows(world, fast)).toEqual(rows);
  });

  test('has no values online for its parts, also after a flush', async () => {
    await using world = await openShop();
    await world.apply(VIEW);
    await both(world);
    const parts = partsView(VIEW);
    if (parts === null) throw new Error('the view has no parts');
    expect(await onlineValues(world, parts, ['ada'])).toEqual([null]);
    const all = await world.sql('select id from millrace.view');
    await requestRebuild(
      world.app.database,
      all.map(({ id }) => Number(id)),
      'emptied',
    );
    const [state] = await world.sql(
      `select covered = published as published, rebuild_reason as rebuild, (select count(*) from millrace.removed) as removed
         from millrace.coverage c join millrace.view v on v.id = c.view_id where v.name = $1`,
      [PARTS],
    );
    expect(state).toEqual({ published: true, rebuild: null, removed: 0 });
  });
});

/** Another process that performs the run up to its check, and is then stopped. */
async function openInterrupted(world: World, run: number): Promise<AsyncDisposable & { readonly world: World }> {
  const { Shutdown } = await import('../../src/run/shutdown.ts');
  let isStopped = false;
  const [database] = await world.sql('select current_database() as name');
  const url = new URL(world.app.connections.offline.url);
  expect(url.pathname.slice(1)).toBe(database?.['name']);
  const other = await openWorld({
    database: world.app.connections.offline.url,
    online: world.app.connections.online.url,
    changeStages: (stages) =>
      stages.map(({ name, perform }) => ({
        name,
        perform: async (one, signal) => {
          if (name === 'commit' && !isStopped) {
            isStopped = true;
            throw new Shutdown('worker_stopped');
          }
          return perform(one, signal);
        },
      })),
  });
  await other.perform(run);
  expect(isStopped).toBe(true);
  return { world: other, [Symbol.asyncDispose]: () => other[Symbol.asyncDispose]() };
}

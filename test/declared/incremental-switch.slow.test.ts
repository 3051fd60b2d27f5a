// `incremental` is added, removed and added again, while runs are under way and rows change.

import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { partsView } from '../../src/definition/declared/parts.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { performRun } from '../../src/run/perform.ts';
import type { Stage } from '../../src/run/stage.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { retireViews } from '../../src/state/views/views.ts';
import { fingerprinted } from '../support/views.ts';
import type { World } from '../support/world.ts';
import { activity, both, hours, moveTo, openShop, PARTS, plain, START_MS, storedRows, VIEW } from './incremental.ts';

/** The same view before it is incremental. */
const BEFORE: FeatureView = { ...plain(), name: VIEW.name };

/** The worker of the run has died while it read. */
async function crash(world: World, run: number): Promise<void> {
  await world.sql(
    `update millrace.run set state = 'active', stage = 'extract', epoch = 1, attempt = 1, owner = 'gone',
            lease_until = millrace.now() - interval '1 hour' where id = $1`,
    [run],
  );
}

const stateOf = async (world: World, run: number) =>
  (await world.sql('select state from millrace.run where id = $1', [run]))[0]?.['state'];

async function makeStale(world: World, name: string, from: number, to: number): Promise<void> {
  const [start, end] = [from, to].map((hour) => new Date(START_MS + hour * 3_600_000).toISOString());
  await world.sql(
    `update millrace.coverage set stale = tstzmultirange(tstzrange($2, $3))
      where view_id = (select id from millrace.view where name = $1)`,
    [name, start, end],
  );
}

describe('a view that becomes incremental', () => {
  test('stores no rows of a run that was under way, because its parts are not there yet', async () => {
    await using world = await openShop();
    await world.apply({ ...BEFORE, lookbackUnits: 0 });
    const [first = 0, second = 0] = await world.plan(VIEW.name);
    await crash(world, first);
    await world.apply({ ...VIEW, lookbackUnits: 0 });
    for (const run of [first, second]) {
      expect((await world.perform(run)).kind).toBe('skipped');
      expect(await stateOf(world, run)).toBe('superseded');
    }
    expect(await hours(world, 'covered', VIEW.name)).toBe('');
    await both(world);
    expect(await hours(world, 'covered', VIEW.name)).toBe('6-9');
  });

  test('waits for parts that a reclaimed run does not find', async () => {
    await using world = await openShop();
    await world.apply(VIEW);
    await world.materialize(PARTS);
    const [run = 0] = await world.plan(VIEW.name);
    await crash(world, run);
    await world.sql(
      `update millrace.coverage set covered = covered - '{[2026-01-01 03:00Z, 2026-01-01 04:00Z)}'::tstzmultirange
        where view_id = (select id from millrace.view where name = $1)`,
      [PARTS],
    );
    expect(await world.perform(run)).toMatchObject({ kind: 'snoozed', why: 'earlier_views' });
    expect(await stateOf(world, run)).toBe('planned');
    expect(await storedRows(world, VIEW)).toEqual([]);
  });

  test('reads all parts again that are left from before', async () => {
    await using world = await openShop();
    await world.apply(VIEW);
    await both(world);
    await world.apply(BEFORE);
    await retireViews(world.app.database, [VIEW.name]);
    await world.sql(`insert into user_events values ('eve', '2026-01-01 04:30Z', 'buy', 7, 1)`);
    await makeStale(world, VIEW.name, 6, 9);
    await world.materialize(VIEW.name);

    await world.apply(VIEW);
    expect(await hours(world, 'stale', PARTS)).toBe('1-9');
    const runs = await world.plan(VIEW.name);
    for (const run of runs) expect(await world.perform(run)).toMatchObject({ kind: 'snoozed', why: 'earlier_views' });
    await world.materialize(PARTS);
    await world.sql('update millrace.run set not_before = null');
    for (const run of runs) expect((await world.perform(run)).kind).toBe('completed');
    await moveTo(world, 10);
    await both(world);
    const slow = plain();
    await world.apply(VIEW, slow);
    await world.materialize(slow.name);
    expect(await storedRows(world, VIEW)).toEqual(await storedRows(world, slow));
  });
});

describe('a view that is no longer incremental', () => {
  test('reads the units again whose parts were to be read again', async () => {
    await using world = await openShop(20);
    await world.apply(VIEW);
    await both(world);
    await makeStale(world, PARTS, 9, 10);
    await world.apply(BEFORE);
    expect(await hours(world, 'stale', VIEW.name)).toBe('9-15');
  });

  test('reads the units again whose parts change while it is retired', async () => {
    await using world = await openShop(20);
    await world.apply(VIEW);
    await both(world);
    await world.sql(`insert into user_events values ('eve', '2026-01-01 09:30Z', 'buy', 1, 1)`);
    await makeStale(world, PARTS, 9, 10);
    const [run = 0] = await world.plan(PARTS);
    const { engine, database } = world.app;
    const stages = engine.stages.map(
      (stage): Stage => ({
        name: stage.name,
        perform: async (claimed, signal) => {
          if (stage.name === 'extract') await retireViews(database, []);
          return stage.perform(claimed, signal);
        },
      }),
    );
    await performRun({ ...engine, stages }, run, new AbortController().signal);
    await world.apply(VIEW);
    expect(await hours(world, 'stale', VIEW.name)).toBe('9-15');
  });
});

describe('an edit of an incremental view', () => {
  test('keeps the units before a later start, which have no parts', async () => {
    await using world = await openShop(12);
    await world.apply(VIEW);
    await both(world);
    const later = { start: '2026-01-01T09:00:00Z' };
    await world.apply(activity(later));
    const longer = activity({
      ...later,
      features: [{ name: 'spend', type: 'decimal', aggregate: 'sum', column: 'amount', window: '8h' }],
    });
    await applyEdit(world.app.database, fingerprinted(longer), 'restate');
    expect(await hours(world, 'stale', VIEW.name)).toBe('9-12');
    expect(partsView(longer)?.start).toBe(epochMsOf(START_MS + 2 * 3_600_000));
  });
});

// A view that becomes one of another kind finds rows in its table at times that its own kind would not have stored.

import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { repairOnline } from '../../src/online/repair.ts';
import { verifyView } from '../../src/online/verify.ts';
import { applyEdit, type EditMeaning } from '../../src/state/views/edit.ts';
import { fingerprinted, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const NEVER = new AbortController().signal;
const EVENTS = view({
  name: 'visits',
  kind: 'events',
  unitMs: 3_600_000,
  end: null,
  query: 'select entity_id, at as timestamp, value from visits where at >= {{start}} and at < {{end}}',
});
const SNAPSHOT: FeatureView = {
  ...EVENTS,
  kind: 'snapshot',
  query: 'select entity_id, {{end}} as timestamp, max(value) as value from visits where at < {{end}} group by 1',
};
const LATEST: FeatureView = {
  ...EVENTS,
  kind: 'latest',
  query: 'select entity_id, at as timestamp, value from visits',
};

/** A system at 2 o'clock whose view has stored its rows as one kind and becomes another. */
async function changedWorld(before: FeatureView, after: FeatureView, meaning: EditMeaning): Promise<World> {
  const world = await openWorld();
  await world.sql('create table visits (entity_id text, at timestamptz, value float8)');
  await world.sql(`insert into visits values ('ada', '2026-01-01 00:30Z', 1), ('ada', '2026-01-01 02:00Z', 2)`);
  await setClock(world, '2026-01-01 02:00Z');
  await world.apply(before);
  await world.materialize('visits');
  await applyEdit(world.app.database, fingerprinted(after), meaning);
  return world;
}

async function setClock(world: World, text: string): Promise<void> {
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '${text}' $$`,
  );
}

/** What each run that is due inserts, changes and removes. */
async function materialized(world: World): Promise<unknown[]> {
  const outcomes = await world.materialize('visits');
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'completed') return outcome;
    const { inserted, changed, removed } = outcome.value.counts;
    return { inserted, changed, removed };
  });
}

async function stored(world: World): Promise<unknown[]> {
  return world.sql(`select to_char(event_timestamp, 'HH24:MI') as at, visits from features.visits order by 1`);
}

async function differencesOnline(world: World, applied: FeatureView): Promise<number> {
  await repairOnline({ ...world.app.publisher, log: silentLog }, NEVER);
  const { database, online } = world.app;
  return (await verifyView({ database, online, view: applied, signal: NEVER })).total;
}

describe('applyEdit', () => {
  test('takes away what no run of the new kind would replace, where all is to be read again', async () => {
    await using world = await changedWorld(SNAPSHOT, EVENTS, 'restate');
    expect(await stored(world)).toEqual([{ at: '01:00', visits: '1' }]);
    expect(await materialized(world)).toEqual([{ inserted: 1, changed: 0, removed: 1 }]);
    await setClock(world, '2026-01-01 03:00Z');
    expect(await materialized(world)).toEqual([{ inserted: 1, changed: 0, removed: 0 }]);
    expect(await stored(world)).toEqual([
      { at: '00:30', visits: '1' },
      { at: '02:00', visits: '2' },
    ]);
    expect(await differencesOnline(world, EVENTS)).toBe(0);
  });

  test('counts what it takes away', async () => {
    await using world = await changedWorld(SNAPSHOT, EVENTS, 'restate');
    await world.materialize('visits');
    expect(await world.sql('select rows from millrace.coverage')).toEqual([{ rows: (await stored(world)).length }]);
  });
});

describe('mayHoldRows', () => {
  test('lets an events view replace what a snapshot one has left at the edge of a unit', async () => {
    await using world = await changedWorld(SNAPSHOT, EVENTS, 'forward-only');
    await setClock(world, '2026-01-01 03:00Z');
    expect(await materialized(world)).toEqual([{ inserted: 0, changed: 1, removed: 0 }]);
    expect(await stored(world)).toEqual([
      { at: '01:00', visits: '1' },
      { at: '02:00', visits: '2' },
    ]);
    expect(await differencesOnline(world, EVENTS)).toBe(0);
  });

  test('lets an events view replace what a latest one has stored', async () => {
    await using world = await changedWorld(LATEST, EVENTS, 'forward-only');
    await world.sql('update visits set value = 7');
    expect(await materialized(world)).toEqual([{ inserted: 0, changed: 1, removed: 0 }]);
    await setClock(world, '2026-01-01 03:00Z');
    expect(await materialized(world)).toEqual([{ inserted: 0, changed: 1, removed: 0 }]);
    expect(await stored(world)).toEqual([
      { at: '00:30', visits: '7' },
      { at: '02:00', visits: '7' },
    ]);
    expect(await differencesOnline(world, EVENTS)).toBe(0);
  });
});

// Edits of the kind or the interval: rows of the new definition have other times than all that is stored.

import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../../../src/definition/view.ts';
import { applyEdit } from '../../../src/state/views/edit.ts';
import { hasOtherTimes } from '../../../src/state/views/edited-times.ts';
import { fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
const SIX_HOURS = view({ unitMs: 6 * HOUR_MS });
const DAY = view();
const EVENTS = view({
  kind: 'events',
  query: `select entity_id, {{start}}::timestamptz + interval '1 hour' as timestamp, value from spend where {{end}} is not null`,
});

/** Twenty entities, stored by one definition and then edited. */
async function editedWorld(before: FeatureView, after: FeatureView): Promise<World> {
  const world = await openWorld();
  await world.sql(
    `create table spend as select 'e' || n as entity_id, n::float8 as value from generate_series(1, 20) n`,
  );
  await world.apply(before);
  await world.materialize('spend');
  await applyEdit(world.app.database, fingerprinted(after), 'restate');
  return world;
}

const times = (world: World) =>
  world.sql(`select event_timestamp::text as at, count(*)::int as rows from features.spend group by 1 order by 1`);

describe('applyEdit', () => {
  test.each([
    ['a longer interval', SIX_HOURS, DAY],
    ['another kind', EVENTS, DAY],
  ])('lets runs replace all rows that are stored for %s', async (_, before, after) => {
    await using world = await editedWorld(before, after);
    const outcomes = await world.materialize('spend');
    expect(outcomes.map(({ kind }) => kind)).toEqual(['completed', 'completed']);
    expect(await times(world)).toEqual([
      { at: '2026-01-02 00:00:00+00', rows: 20 },
      { at: '2026-01-03 00:00:00+00', rows: 20 },
    ]);
    expect(await world.sql('select stale::text, old_times::text from millrace.coverage')).toEqual([
      { stale: '{}', old_times: '{}' },
    ]);
  });

  test('keeps the stored rows if a run finds none', async () => {
    await using world = await editedWorld(SIX_HOURS, DAY);
    await world.sql('delete from spend');
    const [outcome] = await world.materialize('spend');
    expect(outcome).toMatchObject({ kind: 'discarded', failure: { code: 'CHECK_FAILED' } });
    expect(await times(world)).toHaveLength(8);
  });

  test('keeps the stored rows of a snapshot if a run finds few of their entities', async () => {
    await using world = await editedWorld(SIX_HOURS, DAY);
    await world.sql(`delete from spend where entity_id <> 'e1'`);
    const [outcome] = await world.materialize('spend');
    expect(outcome).toMatchObject({
      kind: 'discarded',
      failure: { code: 'CHECK_FAILED', facts: { missing: 19, accepted: 1 } },
    });
    expect(await times(world)).toHaveLength(8);
    expect(await world.sql('select count(*)::int as removed from millrace.removed')).toEqual([{ removed: 0 }]);
  });

  test('replaces the rows of a snapshot if few of their entities are missing', async () => {
    await using world = await editedWorld(SIX_HOURS, DAY);
    await world.sql(`delete from spend where entity_id < 'e19'`);
    await world.materialize('spend');
    expect(await times(world)).toEqual([
      { at: '2026-01-02 00:00:00+00', rows: 10 },
      { at: '2026-01-03 00:00:00+00', rows: 10 },
    ]);
  });

  test('lets no later run replace rows', async () => {
    await using world = await editedWorld(SIX_HOURS, DAY);
    await world.materialize('spend');
    await world.sql(`update spend set entity_id = 'other ' || entity_id`);
    await applyEdit(world.app.database, fingerprinted(view({ query: `${DAY.query} where true` })), 'restate');
    const [outcome] = await world.materialize('spend');
    expect(outcome).toMatchObject({ kind: 'discarded', failure: { code: 'CHECK_FAILED' } });
  });
});

describe('hasOtherTimes', () => {
  test('is true for another kind, and for snapshots at times that the new interval does not have', () => {
    expect(hasOtherTimes(SIX_HOURS, DAY)).toBe(true);
    expect(hasOtherTimes(EVENTS, DAY)).toBe(true);
    expect(hasOtherTimes({ ...EVENTS, unitMs: HOUR_MS }, { ...EVENTS, partsOf: 'spend' })).toBe(true);
    expect(hasOtherTimes(DAY, SIX_HOURS)).toBe(false);
    expect(hasOtherTimes(EVENTS, { ...EVENTS, unitMs: HOUR_MS })).toBe(false);
  });
});

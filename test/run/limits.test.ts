// The limits of a view for its runs, through whole runs.

import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../../src/definition/view.ts';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

/** 2,205 rows of 114 entities. */
async function materialized(limits: Partial<FeatureView>): Promise<World & { outcome: unknown }> {
  const world = await openWorld();
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql('insert into spend select (i % 114)::text, i from generate_series(1, 2205) i');
  await world.apply(view({ end: at('2026-01-02'), ...limits }));
  const [outcome] = await world.materialize('spend');
  return Object.assign(world, { outcome });
}

describe('duplicates', () => {
  test('are counted separately from stored rows', async () => {
    await using world = await materialized({});
    expect(world.outcome).toMatchObject({ kind: 'completed', value: { counts: { inserted: 114, duplicates: 2_091 } } });
    const [overview] = await viewOverviews(world.app.database);
    expect(overview?.lastRun).toMatchObject({ state: 'done', counts: { accepted: 2_205, duplicates: 2_091 } });
  });

  test('fail the run if there are more than duplicates_max', async () => {
    await using world = await materialized({ duplicatesMax: 0.94 });
    expect(world.outcome).toMatchObject({ kind: 'discarded', failure: { code: 'CHECK_FAILED' } });
    expect(await world.sql('select 1 from features.spend')).toEqual([]);
    await using lenient = await materialized({ duplicatesMax: 0.95 });
    expect(await lenient.sql('select 1 from features.spend')).toHaveLength(114);
  });
});

describe('rows_max', () => {
  test('ends a run that reads more, and allows exactly as many', async () => {
    await using world = await materialized({ rowsMax: 2_204 });
    expect(world.outcome).toMatchObject({ kind: 'discarded', failure: { code: 'CHECK_FAILED' } });
    expect(await world.sql(`select 1 from pg_tables where schemaname = 'staging'`)).toEqual([]);
    await using enough = await materialized({ rowsMax: 2_205 });
    expect(await enough.sql('select 1 from features.spend')).toHaveLength(114);
  });

  test('does not read to the end of a source without one', async () => {
    await using world = await openWorld();
    // In the select list it streams; after `from` the server would write all of it to disk first.
    const endless = `select 'a' as entity_id, generate_series(1, 1000000000000)::float8 as value, {{end}} as timestamp`;
    await world.apply(view({ end: at('2026-01-02'), rowsMax: 100_000, query: endless }));
    expect(await world.materialize('spend')).toMatchObject([{ kind: 'discarded', failure: { code: 'CHECK_FAILED' } }]);
  });
});

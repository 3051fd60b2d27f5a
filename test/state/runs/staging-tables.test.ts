import { describe, expect, test } from 'vitest';
import { strayStagingTables } from '../../../src/state/runs/staging-tables.ts';
import { view } from '../../support/views.ts';
import { openWorld } from '../../support/world.ts';

describe('strayStagingTables', () => {
  test('returns only tables of no open run', async () => {
    await using world = await openWorld();
    await world.sql('create table spend (entity_id text, value float8)');
    await world.apply(view());
    const [run] = await world.plan('spend');
    await world.sql('create table staging.run_1_1 (x int)');
    await world.sql('create table staging.run_1_1_refused (x int)');
    await world.sql('create table staging.run_99_1 (x int)');
    await world.sql(
      `update millrace.run set staging_table = 'staging.run_1_1', refused_table = 'staging.run_1_1_refused' where id = $1`,
      [run],
    );
    expect(await strayStagingTables(world.app.database)).toEqual(['staging.run_99_1']);
  });

  test('leaves the staging of a build of a training set for as long as it can be resumed', async () => {
    await using world = await openWorld();
    await world.sql('create table staging.dataset_1_labels (x int)');
    await world.sql('create table staging.dataset_2_labels (x int)');
    await world.sql('create table staging.dataset_12_labels (x int)');
    await world.sql(
      `insert into millrace.dataset_build (name, target, fingerprint, owner, lease_until)
       values ('churn', '/a', '', 'ada', millrace.now()), ('churn', '/b', '', 'ada', millrace.now() - interval '25 hours')`,
    );
    expect((await strayStagingTables(world.app.database)).sort()).toEqual([
      'staging.dataset_12_labels',
      'staging.dataset_2_labels',
    ]);
  });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { localTarget } from '../../src/datasets/targets/local-target.ts';
import { RUNS_ALL } from '../support/sample.ts';
import { until } from '../support/until.ts';
import { openWorld } from '../support/world.ts';
import { buildSet, temporaryFolder } from './build-world.ts';
import { buildsOf } from './model.ts';
import { CHURN, storeShop } from './small-set.ts';

const IS_STAGED = `relnamespace = 'staging'::regnamespace and relkind = 'r'`;
const IS_HERE = 'database = (select oid from pg_database where datname = current_database())';
const WORLDS = RUNS_ALL ? 12 : 1;

describe('buildDataset', () => {
  test(`writes what an independent oracle finds (worlds: ${WORLDS})`, async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    for (let seed = 1; seed <= WORLDS; seed += 1) await buildsOf(world, seed, folder.path);
    expect(existsSync(`${folder.path}/set1.building`)).toBe(false);
    // Only the record of a build stays in Postgres.
    expect(
      await world.sql(
        `select relname from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'staging'`,
      ),
    ).toEqual([]);
  });

  test('can be renewed while the end of a build waits for a reader of its staging table', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const { database } = world.app;
    const read = Promise.withResolvers<void>();
    await using target = localTarget(join(folder.path, 'set'));
    let reading = Promise.resolve();
    const finish = async (...call: Parameters<typeof target.finish>) => {
      const [staged] = await world.sql(`select oid::regclass::text as labels from pg_class where ${IS_STAGED}`);
      const begun = Promise.withResolvers<void>();
      reading = database.transaction(async (session) => {
        await session.query(`select from ${staged?.['labels']}`);
        begun.resolve();
        await read.promise;
      });
      await begun.promise;
      await target.finish(...call);
    };
    const building = buildSet(world, CHURN, join(folder.path, 'set'), { target: { ...target, finish } });
    await until(async () => (await world.sql(`select from pg_locks where not granted and ${IS_HERE}`)).length > 0);
    const build = await world.sql('select state from millrace.dataset_build for update skip locked');
    read.resolve();
    await Promise.all([reading, building]);
    expect(build).toEqual([{ state: 'running' }]);
    expect(await world.sql('select state from millrace.dataset_build')).toEqual([{ state: 'done' }]);
  });
});

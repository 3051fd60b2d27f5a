import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RUNS_ALL } from '../support/sample.ts';
import { openWorld } from '../support/world.ts';
import { temporaryFolder } from './build-world.ts';
import { buildsOf } from './model.ts';

const WORLDS = RUNS_ALL ? 12 : 2;

describe('buildDataset', () => {
  test(`writes what an independent oracle finds in ${WORLDS} worlds`, async () => {
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
});

import { describe, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { temporaryFolder } from './build-world.ts';
import { buildsOf } from './model.ts';

/** Beyond those of build.test.ts. */
const FIRST = 101;
const WORLDS = 100;

describe('buildDataset', () => {
  test(`writes what an independent oracle finds in ${WORLDS} more worlds`, { timeout: 1_800_000 }, async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    for (let seed = FIRST; seed < FIRST + WORLDS; seed += 1) await buildsOf(world, seed, folder.path);
  });
});

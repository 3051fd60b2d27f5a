import { describe, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { joinsOf } from './joins-of.ts';

/** Beyond those of join.test.ts. */
const FIRST = 1_001;
const WORLDS = 1_000;

describe('joinSql', () => {
  test(`finds what an independent oracle finds in ${WORLDS} more worlds`, { timeout: 1_800_000 }, async () => {
    await using world = await openWorld();
    for (let seed = FIRST; seed < FIRST + WORLDS; seed += 1) await joinsOf(world, seed);
  });
});

import { describe, test } from 'vitest';
import { RUNS_ALL } from '../support/sample.ts';
import { openWorld } from '../support/world.ts';
import { joinsOf } from './joins-of.ts';

const WORLDS = RUNS_ALL ? 60 : 15;

describe('joinSql', () => {
  test(`finds what an independent oracle finds in ${WORLDS} worlds, whichever way it joins`, async () => {
    await using world = await openWorld();
    for (let seed = 1; seed <= WORLDS; seed += 1) await joinsOf(world, seed);
  });
});

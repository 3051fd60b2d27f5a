import { describe, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { joinsOf } from './joins-of.ts';

const WORLDS = 60;

describe('joinSql', () => {
  test(`finds what an independent oracle finds in ${WORLDS} worlds, whichever way it joins`, async () => {
    await using world = await openWorld();
    for (let seed = 1; seed <= WORLDS; seed += 1) await joinsOf(world, seed);
  });
});

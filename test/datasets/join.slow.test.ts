// MILLRACE_TEST_WORLDS sets the number of worlds.

import { describe, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { joinsOf } from './joins-of.ts';

/** Beyond those of join.test.ts. */
const FIRST = 1_001;
const WORLDS = Number(process.env['MILLRACE_TEST_WORLDS'] ?? 1_000);
/** Each world adds tables to its database, and a large catalog slows down every statement. */
const WORLDS_PER_DATABASE = 500;
const PATIENCE_MS = 1_800 * Math.max(WORLDS, 1_000);

describe('joinSql', () => {
  test(`finds what an independent oracle finds in ${WORLDS} more worlds`, { timeout: PATIENCE_MS }, async () => {
    for (let first = FIRST; first < FIRST + WORLDS; first += WORLDS_PER_DATABASE) {
      await using world = await openWorld();
      const end = Math.min(first + WORLDS_PER_DATABASE, FIRST + WORLDS);
      for (let seed = first; seed < end; seed += 1) await joinsOf(world, seed);
    }
  });
});

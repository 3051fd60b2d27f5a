import { describe, test } from 'vitest';
import { playHistory } from './complete-model.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];

describe('a complete view', () => {
  test.each(SEEDS)('holds the entities of its newest snapshot in every history (seed %i)', async (seed) => {
    await playHistory(seed, 25);
  });

  test.each([11, 12, 13, 14])('stores zeros for entities that go in every history (seed %i)', async (seed) => {
    await playHistory(seed, 25, 'zero');
  });
});

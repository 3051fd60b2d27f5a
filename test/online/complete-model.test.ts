import { describe, test } from 'vitest';
import { sampleOf } from '../support/sample.ts';
import { playHistory } from './complete-model.ts';

const isFirst = (seed: number) => seed % 10 === 1;
const SEEDS = sampleOf([1, 2, 3, 4, 5, 6], isFirst);
const ZERO_SEEDS = sampleOf([11, 12, 13, 14], isFirst);

describe('a complete view', () => {
  test.each(SEEDS)('holds the entities of its newest snapshot in every history (seed %i)', async (seed) => {
    await playHistory(seed, 25);
  });

  test.each(ZERO_SEEDS)('stores zeros for entities that go in every history (seed %i)', async (seed) => {
    await playHistory(seed, 25, 'zero');
  });
});

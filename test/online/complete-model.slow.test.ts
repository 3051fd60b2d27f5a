import { describe, test } from 'vitest';
import { playHistory } from './complete-model.ts';

const SEEDS = Array.from({ length: 24 }, (_, index) => 100 + index);

describe('a complete view', () => {
  test.each(SEEDS)(
    'holds the entities of its newest snapshot in every long history (seed %i)',
    { timeout: 300_000 },
    async (seed) => {
      await playHistory(seed, 50);
    },
  );

  test.each(SEEDS.slice(0, 12))(
    'stores zeros for entities that go in every long history (seed %i)',
    { timeout: 300_000 },
    async (seed) => {
      await playHistory(seed, 50, 'zero');
    },
  );
});

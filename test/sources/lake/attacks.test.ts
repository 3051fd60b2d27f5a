import { describe, test } from 'vitest';
import { endsWithinLimits, TOO_LARGE } from './attacks.ts';

describe('lakeSource', () => {
  test.each([['a list of numbers', 'range(20000000)::varchar', TOO_LARGE]])(
    'ends %s at its limit',
    (_, expression, sentence) => endsWithinLimits(expression, sentence),
  );
});

import { describe, test } from 'vitest';
import { endsWithinLimits, TOO_LARGE, TOO_LONG } from './attacks.ts';

describe('lakeSource', () => {
  test.each([
    ['a list of numbers', 'range(20000000)::varchar', TOO_LARGE],
    ['a value of a file as a length', 'to_json(range(n * 3))::varchar', TOO_LARGE],
    ['a cross join', '(select count(*)::varchar from range(10000000) a, range(10000000) b)', TOO_LONG],
  ])('ends %s at its limit', (_, expression, sentence) => endsWithinLimits(expression, sentence));
});

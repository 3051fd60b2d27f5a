import { describe, expect, test } from 'vitest';
import { remember } from '../../src/dashboard/access/remember.ts';

describe('remember', () => {
  test('lets go of what was used longest ago, and of nothing where a key is only set again', () => {
    const map = new Map<string, number>();
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['b', 4],
    ] as const) {
      remember(map, 3, [key, value]);
    }
    expect([...map]).toEqual([
      ['a', 1],
      ['c', 3],
      ['b', 4],
    ]);
    remember(map, 3, ['d', 5]);
    expect([...map]).toEqual([
      ['c', 3],
      ['b', 4],
      ['d', 5],
    ]);
  });
});

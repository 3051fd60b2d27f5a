import { describe, expect, test } from 'vitest';
import { inParallel, inPieces } from '../../src/core/in-parallel.ts';

describe('inParallel', () => {
  test('processes every item, with a limited number at a time', async () => {
    const done: number[] = [];
    let active = 0;
    let most = 0;
    await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      active += 1;
      most = Math.max(most, active);
      await Promise.resolve();
      active -= 1;
      done.push(item);
    });
    expect({ done, most }).toEqual({ done: [1, 2, 3, 4, 5, 6, 7], most: 3 });
  });

  test('starts nothing more after an error, and rejects when the work in progress has ended', async () => {
    const begun: number[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let isEnded = false;
    const all = inParallel([1, 2, 3], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('the first');
      await gate;
      isEnded = true;
    });
    open();
    await expect(all).rejects.toThrow('the first');
    expect({ begun, isEnded }).toEqual({ begun: [1, 2], isEnded: true });
  });
});

describe('inPieces', () => {
  test('splits a list, with the rest in the last piece', () => {
    expect(inPieces([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inPieces([], 2)).toEqual([]);
  });
});

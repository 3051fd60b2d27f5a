import { describe, expect, test } from 'vitest';
import { systemClock } from '../src/core/clock.ts';
import { inGroups } from '../src/reader-groups.ts';

/** An input that yields 1 and 2 and then waits before 3 until it is resumed. */
function pausing() {
  const resume = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  async function* items() {
    try {
      yield 1;
      yield 2;
      await resume.promise;
      yield 3;
    } finally {
      closed.resolve();
    }
  }
  return { items: items(), resume: resume.resolve, closed: closed.promise };
}

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const options = { max: 4, clock: systemClock };

describe('inGroups', () => {
  test('fills each group of an input that does not pause', async () => {
    async function* items() {
      yield* [1, 2, 3, 4, 5];
    }
    expect(await allOf(inGroups(items(), options))).toEqual([[1, 2, 3, 4], [5]]);
    expect(await allOf(inGroups([1, 2, 3, 4], options))).toEqual([[1, 2, 3, 4]]);
    expect(await allOf(inGroups([], options))).toEqual([]);
  });

  test('yields what it has when the input pauses', async () => {
    const { items, resume } = pausing();
    const groups = inGroups(items, options);
    expect(await groups.next()).toEqual({ done: false, value: [1, 2] });
    resume();
    expect(await groups.next()).toEqual({ done: false, value: [3] });
    expect(await groups.next()).toEqual({ done: true, value: undefined });
  });

  test('stops while the input waits, and closes it later', async () => {
    const { items, resume, closed } = pausing();
    for await (const group of inGroups(items, options)) {
      expect(group).toEqual([1, 2]);
      break;
    }
    resume();
    await closed;
  });

  test('reports an abort while the input waits', async () => {
    const { items } = pausing();
    const stop = new AbortController();
    const groups = inGroups(items, { ...options, signal: stop.signal });
    await groups.next();
    const next = groups.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  test('passes an error from the input on', async () => {
    // biome-ignore lint/correctness/useYield: an input that fails before its first element
    async function* items(): AsyncGenerator<number> {
      throw new Error('no input');
    }
    await expect(allOf(inGroups(items(), options))).rejects.toThrow('no input');
  });
});

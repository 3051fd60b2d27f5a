// Groups what a program streams to a reader, so that one statement answers many pairs. A slow stream does not wait for a full group.

import type { Clock } from './core/clock.ts';

/** How long the first element of a group waits for more. */
const WAIT_MS = 50;

export type GroupOptions = { readonly max: number; readonly clock: Clock; readonly signal?: AbortSignal | undefined };

/**
 * The elements in their order, in groups of 1 to `max`. A group ends early if the input makes it wait. Reads at most one
 * element ahead of its consumer, and closes the input when the consumer stops early.
 *
 * @throws the reason of the signal, also while the input waits
 */
export async function* inGroups<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { max, clock, signal }: GroupOptions,
): AsyncGenerator<Item[]> {
  const input = each(items);
  let next: Promise<IteratorResult<Item, void>> | null = null;
  let isDone = false;
  try {
    while (!isDone) {
      signal?.throwIfAborted();
      const group: Item[] = [];
      // One promise per group: racing with one that lives as long as the stream would take memory for each element.
      const pause = pauseOf(clock, signal);
      try {
        while (group.length < max) {
          next ??= input.next();
          const result = await Promise.race([next, pause.reached]);
          if (result === null) break;
          next = null;
          if (result.done === true) {
            isDone = true;
            break;
          }
          group.push(result.value);
          if (group.length === 1) pause.start();
        }
      } finally {
        pause.end();
      }
      signal?.throwIfAborted();
      if (group.length > 0) yield group;
    }
  } finally {
    const closed = input.return();
    // An input that has not yet answered would keep `return` waiting, too. It is closed once it answers.
    if (next === null) await closed;
    else closed.catch(() => undefined);
  }
}

/** The items of a group, while the consumer does not abort. @throws the reason of the signal */
export function* untilAborted<Item>(items: readonly Item[], signal: AbortSignal | undefined): Generator<Item> {
  for (const item of items) {
    signal?.throwIfAborted();
    yield item;
  }
}

/** `reached` resolves WAIT_MS after `start`, or when the signal is aborted. */
function pauseOf(clock: Clock, signal: AbortSignal | undefined) {
  const { promise, resolve } = Promise.withResolvers<null>();
  const ended = new AbortController();
  const reach = () => resolve(null);
  signal?.addEventListener('abort', reach, { once: true });
  return {
    reached: promise,
    start: () => void clock.sleep(WAIT_MS, ended.signal).then(reach),
    end: () => {
      signal?.removeEventListener('abort', reach);
      ended.abort();
    },
  };
}

async function* each<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item, void> {
  yield* items;
}

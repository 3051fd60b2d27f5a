import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { type EnginePoolOptions, openEnginePool } from '../../../src/sources/lake/engine/pool.ts';
import type { EngineProcess } from '../../../src/sources/lake/engine/process.ts';
import type { EngineReplies, EngineRequest } from '../../../src/sources/lake/engine/protocol.ts';

const MEGABYTE = 1_048_576;

/** A pool over processes that do nothing, and a clock whose time comes when the test says so. */
function world(changes: Partial<EnginePoolOptions> = {}) {
  const running = new Set<number>();
  const timers = new Set<() => void>();
  let started = 0;
  let replies: EngineReplies = {
    open: null,
    run: null,
    rows: [],
    lock: null,
    prepare: [],
    read: null,
    texts: null,
    close: 0,
  };
  const start = (): EngineProcess => {
    started += 1;
    const pid = started;
    running.add(pid);
    return {
      pid,
      get hasEnded() {
        return !running.has(pid);
      },
      isBusy: false,
      send: () => undefined,
      next: async () => null,
      ask: async <Asked extends EngineRequest>({ do: word }: Asked) => replies[word] as EngineReplies[Asked['do']], // by the protocol
      end: () => void running.delete(pid),
      ref: () => undefined,
      unref: () => undefined,
    };
  };
  const clock: Clock = {
    ...systemClock,
    after(_, work) {
      timers.add(work);
      return { [Symbol.dispose]: () => void timers.delete(work) };
    },
  };
  return {
    running,
    pool: openEnginePool({ clock, processesMax: 3, ahead: 'none', start, ...changes }),
    grow: (bytes: number) => {
      replies = { ...replies, close: bytes };
    },
    wait: () => {
      for (const work of [...timers]) work();
    },
  };
}

describe('openEnginePool', () => {
  test('reuses a process only for the same source', async () => {
    const { pool } = world();
    const first = pool.lease('a');
    await first.giveBack();
    const other = pool.lease('b');
    const again = pool.lease('a');
    expect([other.pid, again.pid]).toEqual([2, first.pid]);
  });

  test('gives one process to one reading at a time', async () => {
    const { pool } = world();
    expect([pool.lease('a').pid, pool.lease('a').pid]).toEqual([1, 2]);
  });

  test('starts a process ahead for any source once there are several', async () => {
    const { pool, running } = world({ ahead: 'one' });
    expect(running.size).toBe(0);
    await pool.lease('a').giveBack();
    expect([...running]).toEqual([1]);
    await pool.lease('b').giveBack();
    expect([...running]).toEqual([1, 2, 3]);
    expect(pool.lease('c').pid).toBe(3);
  });

  test('starts a process ahead for the only source if its own has ended', async () => {
    const { pool, running, grow } = world({ ahead: 'one' });
    grow(100 * MEGABYTE);
    await pool.lease('a').giveBack();
    expect([...running]).toEqual([2]);
    expect(pool.lease('a').pid).toBe(2);
  });

  test('ends a process that has grown', async () => {
    const { pool, running, grow } = world();
    grow(100 * MEGABYTE);
    await pool.lease('a').giveBack();
    expect(running.size).toBe(0);
  });

  test('keeps at most the allowed number of processes, apart from those in use', async () => {
    const { pool, running } = world({ ahead: 'one' });
    for (const key of ['a', 'b', 'c', 'd', 'e']) await pool.lease(key).giveBack();
    expect(running.size).toBe(3);
    const leased = ['f', 'g', 'h', 'i'].map((key) => pool.lease(key));
    expect([...running]).toEqual(leased.map(({ pid }) => pid));
  });

  test('ends processes that are idle for a while', async () => {
    const { pool, running, wait } = world({ ahead: 'one' });
    await pool.lease('a').giveBack();
    wait();
    expect(running.size).toBe(0);
  });

  test('does not reuse a process that has ended', async () => {
    const { pool, running } = world();
    await pool.lease('a').giveBack();
    running.clear();
    expect(pool.lease('a').pid).toBe(2);
  });

  test('keeps no process after it is closed', async () => {
    const { pool, running } = world({ ahead: 'one' });
    const leased = pool.lease('a');
    await pool.lease('b').giveBack();
    await pool[Symbol.asyncDispose]();
    await leased.giveBack();
    expect(running.size).toBe(0);
  });
});

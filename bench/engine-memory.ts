// The memory of a process and its engine processes: proportional shares (Pss), so that shared pages (the programs)
// count once. Linux only.

import { readdirSync, readFileSync } from 'node:fs';
import { systemClock } from '../src/core/clock.ts';

export type MemoryLooks = Disposable & {
  /** The largest sum so far. */
  peakMiB(): number;
  /** The largest number of engine processes so far. */
  engines(): number;
};

/** Samples a process once a second: a sample takes milliseconds of each process and locks its memory. */
export function watchMemory(pid = process.pid): MemoryLooks {
  let [peak, engines] = [0, 0];
  const look = () => {
    const found = engineProcesses(pid);
    engines = Math.max(engines, found.length);
    peak = Math.max(
      peak,
      [pid, ...found].reduce((sum, each) => sum + shareMiB(each), 0),
    );
  };
  const looks = systemClock.every(1_000, look);
  return {
    peakMiB() {
      look();
      return peak;
    },
    engines: () => engines,
    [Symbol.dispose]: () => looks[Symbol.dispose](),
  };
}

/** Excludes its other children, such as the servers of a bench. */
function engineProcesses(pid: number): number[] {
  return orNone(() => {
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' '),
    );
    return children
      .filter((child) => child !== '')
      .filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('lake/engine/main'))
      .map(Number);
  });
}

function shareMiB(pid: number): number {
  const [kib = 0] = orNone(() => [
    Number(/^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0),
  ]);
  return kib / 1_024;
}

/** Processes may end during a sample. */
function orNone<T>(look: () => T[]): T[] {
  try {
    return look();
  } catch {
    return [];
  }
}

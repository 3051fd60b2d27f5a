// The watchdog over an engine process's memory. DuckDB counts its buffers against memory_limit, but not one long list or
// text; so the memory of the whole process is looked at, and the process ends itself when there is too much of it.

import type { Clock } from '../../../core/clock.ts';
import { MEMORY_SIGNAL } from './protocol.ts';

const LOOK_EVERY_MS = 20;
/** What a reading within DuckDB's limit takes besides: rows on their way out, and memory that was freed but not given back. */
const BESIDES_BYTES = 64 * 1_048_576;

export type MemoryWatch = {
  start(memoryLimitMb: number): void;
  /** Ends the watch, and says by how many bytes the process has grown since it started. */
  stop(): number;
};

/** A watch over this process, which from now on may grow by the limit and something besides. */
export function memoryWatch(clock: Clock): MemoryWatch {
  const atStart = process.memoryUsage.rss();
  let looks: Disposable | null = null;
  return {
    start(memoryLimitMb) {
      const most = atStart + memoryLimitMb * 1_048_576 + BESIDES_BYTES;
      looks = clock.every(LOOK_EVERY_MS, () => {
        if (process.memoryUsage.rss() > most) process.kill(process.pid, MEMORY_SIGNAL);
      });
    },
    stop() {
      looks?.[Symbol.dispose]();
      return process.memoryUsage.rss() - atStart;
    },
  };
}

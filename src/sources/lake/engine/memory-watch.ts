// Watches the memory of an engine process. DuckDB's memory_limit covers its buffers, but not one long list or text. So the
// memory of the whole process is checked, and the process kills itself if it uses too much.

import type { Clock } from '../../../core/clock.ts';
import { MEMORY_SIGNAL } from './protocol.ts';

const CHECK_EVERY_MS = 20;
/** Memory in addition to DuckDB's limit: rows in transit, and freed memory that is not returned yet. */
const OVERHEAD_BYTES = 64 * 1_048_576;

export type MemoryWatch = {
  start(memoryLimitMb: number): void;
  /** Stops the watch and returns by how many bytes the process has grown since it started. */
  stop(): number;
};

/** Watches this process, which may grow by the limit plus an overhead from now on. */
export function memoryWatch(clock: Clock): MemoryWatch {
  const atStart = process.memoryUsage.rss();
  let looks: Disposable | null = null;
  return {
    start(memoryLimitMb) {
      const most = atStart + memoryLimitMb * 1_048_576 + OVERHEAD_BYTES;
      looks = clock.every(CHECK_EVERY_MS, () => {
        if (process.memoryUsage.rss() > most) process.kill(process.pid, MEMORY_SIGNAL);
      });
    },
    stop() {
      looks?.[Symbol.dispose]();
      return process.memoryUsage.rss() - atStart;
    },
  };
}

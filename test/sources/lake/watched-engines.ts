// Engine processes whose ids and peaks of memory a test sees.

import { readFileSync } from 'node:fs';
import { systemClock } from '../../../src/core/clock.ts';
import { type EnginePool, openEnginePool } from '../../../src/sources/lake/engine/pool.ts';

export type WatchedEngines = EnginePool & {
  /** Of each reading's process, in their order. */
  readonly pids: readonly number[];
  /** The highest observed resident memory of the newest process. */
  peakMiB(): number;
};

/** Looks at /proc: Linux only. */
export function watchedEngines(): WatchedEngines {
  const pool = openEnginePool({ clock: systemClock, processesMax: 1, ahead: 'none' });
  const pids: number[] = [];
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, statusOf(pids.at(-1) ?? 0, 'VmHWM') / 1_024);
  };
  const looks = systemClock.every(3, look);
  return {
    pids,
    peakMiB: () => peak,
    lease(key) {
      const leased = pool.lease(key);
      pids.push(leased.pid ?? 0);
      peak = 0;
      return leased;
    },
    async [Symbol.asyncDispose]() {
      looks[Symbol.dispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}

/** A number of /proc/PID/status; 0 once there is no such process. */
function statusOf(pid: number, name: string): number {
  try {
    return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Whether it has ended. A process that was not waited for stays for a while as a zombie. */
export function hasEnded(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** How much of a processor it has used, in clock ticks. */
export function processorTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

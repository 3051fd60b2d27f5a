// What a piece of work uses: time, processor seconds of each process, and the memory of the program that does it.

import { systemClock } from '../../src/core/clock.ts';
import { type CpuOf, cpuBetween, cpuSoFar } from './cpu.ts';
import { peakMiB, resetPeak, treeSeconds } from './process-tree.ts';

/** Processor seconds of the program, Postgres and Redis; seconds on the clock; the program's peak memory in MiB. */
export type Use = {
  readonly program: number;
  readonly postgres: number;
  readonly redis: number;
  readonly wall: number;
  /** Null for a program that has no separate process. */
  readonly memory: number | null;
};

/** Does the work. `pid` is the process that does it, or null for this one, and processes that have ended meanwhile. */
export async function measured(of: CpuOf, pid: number | null, work: () => Promise<number>): Promise<Use> {
  if (pid !== null) resetPeak(pid);
  const before = { ...(await cpuSoFar(of)), program: pid === null ? 0 : treeSeconds(pid) };
  const started = systemClock.monotonicMs();
  const ofChildren = await work();
  const wall = (systemClock.monotonicMs() - started) / 1_000;
  const program = pid === null ? 0 : treeSeconds(pid) - before.program;
  const { worker, postgres, redis } = cpuBetween(before, await cpuSoFar(of));
  return {
    program: pid === null ? worker + ofChildren : program,
    postgres,
    redis,
    wall,
    memory: pid === null ? null : peakMiB(pid),
  };
}

/** Processor seconds of all processes. */
export function cpuOf({ program, postgres, redis }: Use): number {
  return program + postgres + redis;
}

// The clock and the timers of this process: the only file that uses those of the operating system.
//
// They pace, measure and wait. Decisions about data use the clock of the state database (docs/architecture/planning.md).

import { type EpochMs, epochMsOf } from './instant.ts';

export type Clock = {
  now(): EpochMs;
  /** Milliseconds of a clock that never jumps. Only differences are meaningful. */
  monotonicMs(): number;
  /** Resolves after `milliseconds`, or immediately when the signal is aborted. Never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls `work` every `milliseconds` until disposed. Does not keep the process alive. */
  every(milliseconds: number, work: () => void): Disposable;
  /** Calls `work` once after `milliseconds`, unless disposed earlier. Does not keep the process alive. */
  after(milliseconds: number, work: () => void): Disposable;
};

export const systemClock: Clock = {
  now: () => epochMsOf(Date.now()),
  monotonicMs: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        timer[Symbol.dispose]();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = startTimer(milliseconds, setTimeout, done);
      signal?.addEventListener('abort', done, { once: true });
    }),
  every: (milliseconds, work) => {
    const timer = setInterval(work, milliseconds);
    timer.unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
  after: (milliseconds, work) => startTimer(milliseconds, (step, stepMs) => setTimeout(step, stepMs).unref(), work),
};

/** Timers of Node that are longer than this, about 25 days, end after one millisecond. */
const STEP_MS_MAX = 2 ** 31 - 1;

type StartStep = (step: () => void, milliseconds: number) => NodeJS.Timeout;

/** Calls `work` once after any time, in as many steps as that takes, unless disposed earlier. */
function startTimer(milliseconds: number, startStep: StartStep, work: () => void): Disposable {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number) => {
    const stepMs = Math.min(leftMs, STEP_MS_MAX);
    timer = startStep(() => (leftMs > stepMs ? wait(leftMs - stepMs) : work()), stepMs);
  };
  wait(milliseconds);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

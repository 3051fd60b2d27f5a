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
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener('abort', done, { once: true });
    }),
  every: (milliseconds, work) => {
    const timer = setInterval(work, milliseconds);
    timer.unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
  after: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds);
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

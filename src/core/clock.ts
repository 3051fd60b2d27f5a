// The clock and the timers of this process: the only file that asks the operating system for either.
//
// Nothing that decides about data uses it (the state database's clock does that, docs/architecture/planning.md); it paces, measures and waits.

import { type EpochMs, epochMsOf } from './instant.ts';

export type Clock = {
  now(): EpochMs;
  /** Milliseconds of a clock that never jumps; only differences mean something. */
  monotonicMs(): number;
  /** Resolves after `milliseconds`, or at once when the signal is aborted; it never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls `work` every `milliseconds` until disposed; does not keep the process alive. */
  every(milliseconds: number, work: () => void): Disposable;
  /** Calls `work` once after `milliseconds` unless disposed before; does not keep the process alive. */
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

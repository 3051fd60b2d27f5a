// Ctrl-C and SIGTERM, for commands that must clean up before they exit. All other commands exit immediately, as usual.

import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { Shutdown } from '../run/shutdown.ts';

export type Stop = Disposable & { readonly signal: AbortSignal };

/** Below the 30 s that supervisors usually allow. */
const EXIT_MS = 27_000;

/** Forces the process to exit if it is still running after EXIT_MS; disposing cancels that. */
export function exitWhenLate(clock: Clock, log: Log): () => Disposable {
  return () =>
    clock.after(EXIT_MS, () => {
      log.error('process.exit_forced', { afterMs: EXIT_MS });
      process.exit(1);
    });
}

/** The listeners of the commands that are running now. */
const listeners = new Set<() => void>();

/** Ends the commands that clean up before they exit, as SIGTERM would. Returns whether there are any. */
export function stopForClosedOutput(): boolean {
  for (const listen of [...listeners]) listen();
  return listeners.size > 0;
}

/**
 * From now on, the first SIGINT, SIGTERM or SIGHUP calls `onStop` and aborts the signal with a Shutdown as its reason; the
 * second one exits the process. The result of `onStop` is disposed of together with this.
 */
export function stopOnSignals(onStop: () => Disposable | null = () => null): Stop {
  const stop = new AbortController();
  let stopping: Disposable | null = null;
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const listen = () => {
    if (stop.signal.aborted) process.exit(130);
    stopping = onStop();
    stop.abort(new Shutdown('process_stopped'));
  };
  for (const name of names) process.on(name, listen);
  listeners.add(listen);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listen);
      listeners.delete(listen);
      stopping?.[Symbol.dispose]();
    },
  };
}

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

/** Each stops a command that is running now, unless it is stopping already. */
const stops = new Set<() => void>();

/**
 * Stops the commands that clean up before they exit, as the first SIGTERM would. Returns whether there are any, also if all
 * are stopping already: Ctrl-C in `millrace worker | jq` ends the reader too.
 */
export function stopForClosedOutput(): boolean {
  for (const stopOnce of [...stops]) stopOnce();
  return stops.size > 0;
}

/**
 * From now on, the first SIGINT, SIGTERM or SIGHUP calls `onStop` and aborts the signal with a Shutdown as its reason; the
 * second one exits the process. The result of `onStop` is disposed of together with this.
 */
export function stopOnSignals(onStop: () => Disposable | null = () => null): Stop {
  const stop = new AbortController();
  let stopping: Disposable | null = null;
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stopOnce = () => {
    if (stop.signal.aborted) return;
    stopping = onStop();
    stop.abort(new Shutdown('process_stopped'));
  };
  const listen = () => {
    if (stop.signal.aborted) process.exit(130);
    stopOnce();
  };
  for (const name of names) process.on(name, listen);
  stops.add(stopOnce);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listen);
      stops.delete(stopOnce);
      stopping?.[Symbol.dispose]();
    },
  };
}

// Ctrl-C and SIGTERM, for commands that give back what they hold before they end. The others end at once, as usual.

import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { Shutdown } from '../run/perform.ts';

export type Stop = Disposable & { readonly signal: AbortSignal };

/** The grace time of a process, and what is left of the 30 s that supervisors usually give it. */
const EXIT_MS = 27_000;

/** Ends the process when it has not ended by itself in time, whatever it waits for; disposing of it calls that off. */
export function exitWhenLate(clock: Clock, log: Log): () => Disposable {
  return () =>
    clock.after(EXIT_MS, () => {
      log.error('process.exit_forced', { afterMs: EXIT_MS });
      process.exit(1);
    });
}

/**
 * From now on the first SIGINT or SIGTERM calls `onStop` and aborts the signal, with a Shutdown as its reason; the second
 * ends the process. What `onStop` gives is disposed of with the rest.
 */
export function stopOnSignals(onStop: () => Disposable | null = () => null): Stop {
  const stop = new AbortController();
  let stopping: Disposable | null = null;
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const listen = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(130);
    stopping = onStop();
    stop.abort(new Shutdown(`this process was asked to stop (${name})`));
  };
  for (const name of names) process.on(name, listen);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listen);
      stopping?.[Symbol.dispose]();
    },
  };
}

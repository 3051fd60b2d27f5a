// Ctrl-C and SIGTERM, for commands that give back what they hold before they end. The others end at once, as usual.

import { Shutdown } from '../run/perform.ts';

export type Stop = Disposable & { readonly signal: AbortSignal };

/** From now on the first SIGINT or SIGTERM aborts the signal, with a Shutdown as its reason; the second ends the process. */
export function stopOnSignals(): Stop {
  const stop = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const listen = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new Shutdown(`this process was asked to stop (${name})`));
  };
  for (const name of names) process.on(name, listen);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listen);
    },
  };
}

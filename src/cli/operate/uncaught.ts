// Uncaught exceptions in long-running processes, most of which perform runs.

import type { Log } from '../../core/log.ts';
import { loggedStack } from '../../core/logged.ts';
import { takeStrayError } from '../../run/stray-errors.ts';

/** Until disposed, an uncaught exception fails the run that threw it; outside a run, it ends the process as usual. */
export function catchUncaught(log: Log): Disposable {
  const onUncaught = (error: unknown) => {
    if (takeStrayError(error)) return;
    // Another listener decides how the process ends.
    if (process.listenerCount('uncaughtException') > 1) return;
    log.error('process.bug', { stack: loggedStack(error) });
    process.exit(1);
  };
  process.on('uncaughtException', onUncaught);
  return { [Symbol.dispose]: () => void process.off('uncaughtException', onUncaught) };
}

// Uncaught exceptions, in processes that perform runs.

import type { Log, LogFacts } from '../../core/log.ts';
import { takeStrayError } from '../../run/stray-errors.ts';

/** Until disposed, such an exception fails the run in which it was thrown; where there is none, it ends the process as usual. */
export function catchUncaught(log: Log): Disposable {
  const onUncaught = (error: unknown) => {
    if (takeStrayError(error)) return;
    // Whoever else listens has their own way to end.
    if (process.listenerCount('uncaughtException') > 1) return;
    log.error('process.bug', factsOf(error));
    process.exit(1);
  };
  process.on('uncaughtException', onUncaught);
  return { [Symbol.dispose]: () => void process.off('uncaughtException', onUncaught) };
}

function factsOf(error: unknown): LogFacts {
  return { stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

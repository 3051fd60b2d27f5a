// Uncaught exceptions: a driver that throws in a callback of its socket would end the process, and all other runs with
// it. Each run is performed in its own async context, so that an exception fails that run only. A connection keeps the
// context of the run that opened it: after that run has ended, the exception still ends the process, and the attempt
// counts.

import { AsyncLocalStorage } from 'node:async_hooks';

type Context = { isOpen: boolean; readonly fail: (error: unknown) => void };

const contexts = new AsyncLocalStorage<Context>();

/** Does the work; `fail` is called with each uncaught exception in the meantime. */
export async function withStrayErrors<T>(fail: (error: unknown) => void, work: () => Promise<T>): Promise<T> {
  const context: Context = { isOpen: true, fail };
  try {
    return await contexts.run(context, work);
  } finally {
    context.isOpen = false;
  }
}

/** Passes an exception to the run in whose context it was thrown; false if there is none, or it has ended. */
export function takeStrayError(error: unknown): boolean {
  const context = contexts.getStore();
  if (context?.isOpen !== true) return false;
  context.fail(error);
  return true;
}

// Uncaught exceptions: a driver that throws in a callback of its socket would end the process, and with it all
// other runs. Each run is performed in a context of its own, so that what is thrown in it fails that run alone. A connection
// keeps the context of the run that opened it: where that run has ended, the process still does, and the attempt counts.

import { AsyncLocalStorage } from 'node:async_hooks';

type Context = { isOpen: boolean; readonly fail: (error: unknown) => void };

const contexts = new AsyncLocalStorage<Context>();

/** Does the work; `fail` is called with each uncaught exception meanwhile. */
export async function withStrayErrors<T>(fail: (error: unknown) => void, work: () => Promise<T>): Promise<T> {
  const context: Context = { isOpen: true, fail };
  try {
    return await contexts.run(context, work);
  } finally {
    context.isOpen = false;
  }
}

/** Gives an exception to the run in whose context it was thrown; false where there is none, or it has ended. */
export function takeStrayError(error: unknown): boolean {
  const context = contexts.getStore();
  if (context?.isOpen !== true) return false;
  context.fail(error);
  return true;
}

// What has to be closed or deleted when a test file ends. Files share their process and so the modules they import: a
// hook of such a module would exist for the first file only. each-file.ts calls these.

const cleanups: (() => PromiseLike<unknown>)[] = [];

/** Calls `cleanup` when the current test file ends: later ones first, each after the one before it. */
export function afterFile(cleanup: () => PromiseLike<unknown>): void {
  cleanups.push(cleanup);
}

/** Calls `cleanup` after all others, for servers and databases that they may still use. */
export function lastAfterFile(cleanup: () => PromiseLike<unknown>): void {
  cleanups.unshift(cleanup);
}

/** Calls all of them, also after one has failed. */
export async function cleanUp(): Promise<void> {
  const failures: unknown[] = [];
  for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) {
    try {
      await next();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'the test file could not close what it had opened');
}

// A view whose one run has failed, since the table that it reads is not there, and that can be retried.

import type { Database } from '../../src/postgres/database.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

export type FailedRun = AsyncDisposable & {
  readonly system: World;
  readonly database: Database;
  /** Its id. */
  readonly run: number;
};

/** The view is `spend`, of one day. */
export async function deployedFailure(): Promise<FailedRun> {
  const system = await openWorld();
  await system.apply(view({ end: at('2026-01-02') }));
  const [run] = await system.plan('spend');
  if (run === undefined) throw new Error('nothing is due');
  await system.perform(run);
  return { system, database: system.app.database, run, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() };
}

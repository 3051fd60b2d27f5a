// A view whose one run has failed, since the table that it reads is not there, and that can be retried.

import type { Database } from '../../src/postgres/database.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

export type FailedRun = AsyncDisposable & {
  readonly system: World;
  readonly database: Database;
  /** Its id; of several, that of the first. */
  readonly run: number;
};

/** The view is `spend`, of one day or until `end`; a run for each day. */
export async function deployedFailure({ end = '2026-01-02' } = {}): Promise<FailedRun> {
  const system = await openWorld();
  await system.apply(view({ end: at(end) }));
  const runs = await system.plan('spend');
  const [run] = runs;
  if (run === undefined) throw new Error('nothing is due');
  for (const one of runs) await system.perform(one);
  return { system, database: system.app.database, run, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() };
}

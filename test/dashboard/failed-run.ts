// A view with one failed run that can be retried: the table that it reads is missing.

import type { Database } from '../../src/postgres/database.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

export type FailedRun = AsyncDisposable & {
  readonly system: World;
  readonly database: Database;
  /** The id of the first run. */
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

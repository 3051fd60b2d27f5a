// Advances backfills: after each run of their views, and periodically for anything that was missed.

import type { Log } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import type { Database } from '../../postgres/database.ts';
import { advanceBackfill, backfillsAfter, type OpenBackfill, openBackfills } from '../../state/backfills/advance.ts';
import { backfillState } from '../../state/backfills/row.ts';
import { deliverRuns } from '../delivery/deliver.ts';
import type { Queues } from '../queues.ts';
import { eachDespiteFailures } from './each-despite-failures.ts';

export type BackfillsOptions = { readonly database: Database; readonly log: Log };

/** Advances the backfills of a run's view. If it fails, the reconciler does it later. */
export async function advanceAfterRun(options: BackfillsOptions, queues: Queues, run: number): Promise<void> {
  try {
    for (const one of await backfillsAfter(options.database, run)) await advanceAndDeliver(options, queues, one);
  } catch (error) {
    options.log.warn('backfill.waiting', { run, message: loggedText(error) });
  }
}

/** Advances every open backfill; one that fails does not block the others. */
export async function advanceBackfills(options: BackfillsOptions, queues: Queues): Promise<void> {
  const open = await openBackfills(options.database);
  await eachDespiteFailures(open, (one) => advanceAndDeliver(options, queues, one));
}

async function advanceAndDeliver(
  { database, log }: BackfillsOptions,
  queues: Queues,
  { id, state: before }: OpenBackfill,
): Promise<void> {
  const runs = await advanceBackfill(database, id);
  if (runs.length === 0) {
    const state = await backfillState(database, id);
    // An operator's change is logged elsewhere.
    if (state !== before) log.info(`backfill.${state}`, { backfill: id });
    return;
  }
  log.debug('backfill.advanced', { backfill: id, runs: runs.length });
  await deliverRuns(queues, database, runs);
}

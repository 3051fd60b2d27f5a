// Backfills go on: after each run of their views, and every period for whatever was lost in between.

import { messageOf } from '../../core/failure.ts';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../postgres/database.ts';
import { advanceBackfill, backfillsAfter, type OpenBackfill, openBackfills } from '../../state/backfills/advance.ts';
import { backfillState } from '../../state/backfills/row.ts';
import { deliverRuns } from '../delivery/deliver.ts';
import type { Queues } from '../queues.ts';

export type BackfillsOptions = { readonly database: Database; readonly log: Log };

/** Gives the backfills of a run's view their next turn. Where it fails, the reconciler does it later. */
export async function advanceAfterRun(options: BackfillsOptions, queues: Queues, run: number): Promise<void> {
  try {
    for (const one of await backfillsAfter(options.database, run)) await advanceAndDeliver(options, queues, one);
  } catch (error) {
    options.log.warn('backfill.waiting', { run, message: messageOf(error) });
  }
}

/** Gives every open backfill its next turn; one that fails does not keep the others from theirs. */
export async function advanceBackfills(options: BackfillsOptions, queues: Queues): Promise<void> {
  const errors: unknown[] = [];
  for (const one of await openBackfills(options.database)) {
    await advanceAndDeliver(options, queues, one).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

async function advanceAndDeliver(
  { database, log }: BackfillsOptions,
  queues: Queues,
  { id, state: before }: OpenBackfill,
): Promise<void> {
  const runs = await advanceBackfill(database, id);
  if (runs.length === 0) {
    const state = await backfillState(database, id);
    // Whoever ends or pauses one says so once.
    if (state !== before) log.info(`backfill.${state}`, { backfill: id });
    return;
  }
  log.debug('backfill.advanced', { backfill: id, runs: runs.length });
  await deliverRuns(queues, database, runs);
}

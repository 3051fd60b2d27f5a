// Drains of pushed views: planned after each push, again when a run of the view ends, and periodically for anything that was missed.

import type { Log } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import type { Database } from '../../postgres/database.ts';
import { forgetPushes } from '../../state/inbox/idempotency.ts';
import { planDrain, viewsToDrain, viewToDrainAfter } from '../../state/inbox/plan-drain.ts';
import { deliverRuns } from '../delivery/deliver.ts';
import type { Queues } from '../queues.ts';

export type DrainOptions = { readonly database: Database; readonly log: Log };

/** Plans another drain if rows are left or were pushed while the run read. If it fails, the reconciler does it later. */
export async function drainAfterRun({ database, log }: DrainOptions, queues: Queues, run: number): Promise<void> {
  try {
    const view = await viewToDrainAfter(database, run);
    if (view !== null) await drain(database, queues, view);
  } catch (error) {
    log.warn('drain.waiting', { run, message: loggedText(error) });
  }
}

/** Plans the drains of all views whose rows would wait, and forgets old pushes. */
export async function planDrains({ database }: DrainOptions, queues: Queues): Promise<void> {
  for (const view of await viewsToDrain(database)) await drain(database, queues, view);
  await forgetPushes(database);
}

async function drain(database: Database, queues: Queues, view: number): Promise<void> {
  const run = await planDrain(database, view);
  if (run !== null) await deliverRuns(queues, database, [run]);
}

// Wakes runs that wait for the rows of another run.

import type { Log } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import type { Database } from '../../postgres/database.ts';
import { wakeWaiting } from '../../state/planning/earlier-views.ts';
import type { Queues } from '../queues.ts';
import { deliverRuns } from './deliver.ts';

export type WakeOptions = { readonly database: Database; readonly log: Log };

/** Delivers the runs that waited for this one. If it fails they only start later: each run also checks by itself. */
export async function wakeAfterRun({ database, log }: WakeOptions, queues: Queues, run: number): Promise<void> {
  try {
    const woken = await wakeWaiting(database, run);
    if (woken.length === 0) return;
    log.debug('run.woke', { run, runs: woken.length });
    await deliverRuns(queues, database, woken);
  } catch (error) {
    log.warn('run.waiting', { run, message: loggedText(error) });
  }
}

// Plans and delivers the backlog: after runs that close, and periodically for anything that was missed.

import type { Log } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import type { Database } from '../../postgres/database.ts';
import { type ViewWithBacklog, viewsWithBacklog } from '../../state/planning/backlog.ts';
import { hasRoom, planBacklog } from '../../state/planning/plan-backlog.ts';
import type { LeftUnits } from '../../state/planning/planning.ts';
import { deliverRuns } from '../delivery/deliver.ts';
import type { Queues } from '../queues.ts';
import { eachDespiteFailures } from './each-despite-failures.ts';

export type BacklogOptions = { readonly database: Database; readonly log: Log };

/** Plans more of a run's view if its end made room. If it fails, the reconciler does it later. */
export async function planBacklogAfterRun(options: BacklogOptions, queues: Queues, run: number): Promise<void> {
  try {
    for (const view of await viewsWithBacklog(options.database, run)) await planAndDeliver(options, queues, view);
  } catch (error) {
    options.log.warn('backlog.waiting', { run, message: loggedText(error) });
  }
}

/** Plans more of every view with a backlog; one that fails does not block the others. */
export async function planBacklogs(options: BacklogOptions, queues: Queues): Promise<void> {
  const behind = await viewsWithBacklog(options.database);
  await eachDespiteFailures(behind, (view) => planAndDeliver(options, queues, view));
}

async function planAndDeliver(
  { database, log }: BacklogOptions,
  queues: Queues,
  { id, name, openRuns }: ViewWithBacklog,
): Promise<void> {
  if (!hasRoom(openRuns)) return;
  const { runs, left } = await planBacklog(database, id);
  if (runs.length === 0) return;
  log.info('backlog.planned', { view: name, runs: runs.length, leftUnits: unitsLeft(left) });
  await deliverRuns(queues, database, runs);
}

/** The number of units that several plans left out. */
export function unitsLeft(left: readonly LeftUnits[]): number {
  return left.reduce((sum, { units }) => sum + units, 0);
}

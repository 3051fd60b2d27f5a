// Who performs the runs of an operation, and how they get to know of them.

import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { deliverRuns } from '../queue/delivery/deliver.ts';
import { aliveWorkers } from '../state/processes.ts';
import type { OperationDeps } from './operation.ts';

/** `workers`: refused where none is alive, and handed to the queue. `caller`: the process that asks performs the runs. */
export type Performer = 'workers' | 'caller';

/** What became of the runs of an operation. They are recorded in any case. */
export type Delivery =
  | { readonly kind: 'delivered' }
  /** The queue is away: the scheduler delivers them when it is back. */
  | { readonly kind: 'undelivered'; readonly failure: Failure }
  /** Left to the caller. */
  | { readonly kind: 'kept' };

/** Makes sure that runs which are for workers have one: else they would only look as if they were under way. @throws Failure WORKER_MISSING */
export async function requirePerformer(where: Database | Session, performer: Performer, runs: number): Promise<void> {
  if (performer === 'workers') await requireWorkers(where, runs);
}

/** @throws Failure WORKER_MISSING */
export async function requireWorkers(where: Database | Session, runs: number): Promise<void> {
  if ((await aliveWorkers(where)).length > 0) return;
  const what = runs === 1 ? 'the run' : `the ${runs} runs`;
  throw new Failure(
    'WORKER_MISSING',
    text`No worker is alive to perform ${safe(what)}: start one with "${command('millrace worker')}", or use the command line with --here.`,
  );
}

/** Hands the runs of an operation that is committed to the workers. */
export async function deliver(
  { database, log, withQueues }: OperationDeps,
  performer: Performer,
  runs: readonly number[],
): Promise<Delivery> {
  if (performer === 'caller') return { kind: 'kept' };
  if (runs.length === 0) return { kind: 'delivered' };
  try {
    await withQueues((queues) => deliverRuns(queues, database, runs));
    return { kind: 'delivered' };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    log.warn('run.undelivered', { runs: runs.length, code: thrown.code });
    return { kind: 'undelivered', failure: thrown };
  }
}

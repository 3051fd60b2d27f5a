// The performers of an operation's runs, and delivery to them.

import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { deliverRuns } from '../queue/delivery/deliver.ts';
import { aliveWorkers } from '../state/processes.ts';
import type { OperationDeps } from './operation.ts';

/** `workers`: runs go to the queue; refused if no worker is running. `caller`: the calling process performs the runs. */
export type Performer = 'workers' | 'caller';

/** The delivery of an operation's runs, which are recorded in any case. */
export type Delivery =
  | { readonly kind: 'delivered' }
  /** The queue is unavailable: the scheduler delivers them when it is back. */
  | { readonly kind: 'undelivered'; readonly failure: Failure }
  /** Left to the caller. */
  | { readonly kind: 'kept' };

/** Requires a running worker for runs that workers perform; otherwise they would wait unnoticed. @throws Failure WORKER_MISSING */
export async function requirePerformer(where: Database | Session, performer: Performer, runs: number): Promise<void> {
  if (performer === 'workers') await requireWorkers(where, runs);
}

/** @throws Failure WORKER_MISSING */
export async function requireWorkers(where: Database | Session, runs: number): Promise<void> {
  if ((await aliveWorkers(where)).length > 0) return;
  const what = runs === 1 ? 'the run' : `the ${runs} runs`;
  throw new Failure(
    'WORKER_MISSING',
    text`No worker is running, so ${safe(what)} would wait forever. Start one with "${command('millrace worker')}". On the command line, you can also add --here.`,
  );
}

/** Hands the runs of a committed operation to the workers. */
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

// The dashboard's user as the actor of operations.

import type { Actor } from '../core/actor.ts';
import type { OperationDeps } from '../operations/operation.ts';
import type { Delivery } from '../operations/performers.ts';
import type { DashboardContext, Viewer } from './context.ts';

/** What was done, as a sentence, and the page that shows it. */
export type Done = { readonly sentence: string; readonly path: string };

export function actorOf({ name, role }: Viewer): Actor {
  return { kind: 'dashboard', name, role };
}

export function depsOf({ database, log, queues }: DashboardContext): OperationDeps {
  return { database, log, withQueues: async (work) => work(await queues()) };
}

/** A note if the runs could not be queued yet; else empty. */
export function deliveryText({ kind }: Delivery): string {
  return kind === 'undelivered'
    ? 'The queue is not responding. The request is recorded and will run when the queue is available again.'
    : '';
}

export function joined(sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** The result of an operation on one thing. */
export function one<T>([only]: readonly T[]): T {
  if (only === undefined) throw new Error('an operation on one thing returned nothing');
  return only;
}

// The person at the command line, and what operations need of the process.

import { hostname } from 'node:os';
import type { App } from '../app.ts';
import type { Actor } from '../core/actor.ts';
import type { Environment } from '../definition/connections/environment.ts';
import type { OperationDeps } from '../operations/operation.ts';
import type { Delivery, Performer } from '../operations/performers.ts';
import { recordedDespite } from './output/report-error.ts';

/** `ada@laptop`; the user is unknown in most containers. */
export function actorOf({ env }: { readonly env: Environment }): Actor {
  return { kind: 'command', name: `${env['USER'] ?? env['USERNAME'] ?? 'unknown'}@${hostname()}` };
}

/** Connects to the queues only where an operation calls for them. */
export function depsOf({ database, log, openQueues }: App): OperationDeps {
  return {
    database,
    log,
    withQueues: async (work) => {
      await using queues = await openQueues();
      return await work(queues);
    },
  };
}

/** @throws Failure of the queue, which says that what was asked for is recorded */
export function requireDelivered(delivery: Delivery): void {
  if (delivery.kind === 'undelivered') throw recordedDespite(delivery.failure);
}

/** With `--here` this process performs the runs itself. */
export function performerOf({ here }: { readonly here: boolean }): Performer {
  return here ? 'caller' : 'workers';
}

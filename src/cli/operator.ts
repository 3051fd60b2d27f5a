// The acting user of the command line, and the dependencies of operations.

import { hostname, userInfo } from 'node:os';
import type { App } from '../app.ts';
import type { Actor } from '../core/actor.ts';
import type { Environment } from '../definition/connections/environment.ts';
import type { OperationDeps } from '../operations/operation.ts';
import type { Delivery, Performer } from '../operations/performers.ts';
import { UndeliveredRequest } from './output/report-error.ts';

/** `ada@laptop`. Services and containers often set no variable, so the account of the process is the fallback. */
export function actorOf({ env }: { readonly env: Environment }): Actor {
  const named = [env['USER'], env['USERNAME']].find((name) => name !== undefined && name !== '');
  return { kind: 'command', name: `${named ?? accountName()}@${hostname()}` };
}

/** Containers may run under a number that has no account. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

/** Connects to the queues only if an operation needs them. */
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

/** @throws Failure of the queue, with the note that the request is recorded */
export function requireDelivered(delivery: Delivery): void {
  if (delivery.kind === 'undelivered') throw new UndeliveredRequest(delivery.failure);
}

/** With `--here`, this process performs the runs. */
export function performerOf({ here }: { readonly here: boolean }): Performer {
  return here ? 'caller' : 'workers';
}

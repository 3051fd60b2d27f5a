// The holder of a token as the actor of operations.

import type { Actor } from '../../core/actor.ts';
import type { OperationDeps } from '../../operations/operation.ts';
import type { ApiContext, Caller } from '../context.ts';

export function actorOf({ name }: Caller): Actor {
  // Without tokens the API is read-only, so an actor has a name.
  return { kind: 'token', name: name ?? '' };
}

export function depsOf({ database, log, queues }: ApiContext): OperationDeps {
  return { database, log, withQueues: async (work) => work(await queues()) };
}

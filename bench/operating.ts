// Operations of a bench, as a command would run them.

import type { App } from '../src/app.ts';
import { silentLog } from '../src/core/log.ts';
import type { OperationDeps } from '../src/operations/operation.ts';

export const BENCH_ACTOR = { kind: 'command', name: 'bench' } as const;

export function operationDeps({ database, openQueues }: App): OperationDeps {
  return {
    database,
    log: silentLog,
    withQueues: async (work) => {
      await using queues = await openQueues();
      return await work(queues);
    },
  };
}

// publish: the changes of the commit are written to the online store.

import type { Database } from '../../postgres/database.ts';
import { endStage } from '../../state/runs/record-stage.ts';
import type { Run } from '../../state/runs/run.ts';
import type { Stage } from '../stage.ts';

/** Publishes one committed run; repeating it is harmless. @throws Failure ONLINE_UNAVAILABLE, LEASE_LOST, or Snooze */
export type PublishRun = (run: Run, signal: AbortSignal) => Promise<void>;

export function publishStage(database: Database, publish: PublishRun): Stage {
  return {
    name: 'publish',
    perform: async (run, signal) => {
      await publish(run, signal);
      return endStage(database, run, 'publish');
    },
  };
}

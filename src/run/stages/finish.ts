// done: the run is closed.

import type { Database } from '../../postgres/database.ts';
import { closeDone } from '../../state/runs/close.ts';
import type { Stage } from '../stage.ts';

export function finishStage(database: Database): Stage {
  return {
    name: 'done',
    perform: async (run) => {
      await closeDone(database, run);
      return { ...run, state: 'done' };
    },
  };
}

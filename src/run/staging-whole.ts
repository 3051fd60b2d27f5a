// Whether staging still holds what was put there.

import { countStaged } from '../offline/staging.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { Run } from '../state/runs/run.ts';

/** A crash of the server empties unlogged tables; where one is missing or shorter, the rows have to be staged again. */
export async function isStagingWhole(database: Database | Session, run: Run): Promise<boolean> {
  if (run.stagingTable === null || (await countStaged(database, run.stagingTable)) !== run.stagedRows) return false;
  return run.refusedTable === null || (await countStaged(database, run.refusedTable)) === run.keptRefusedRows;
}

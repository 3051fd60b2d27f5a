// Checks that the staging tables are complete: a server crash empties unlogged tables.

import { countStaged } from '../offline/staging.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { Run } from '../state/runs/run.ts';

/**
 * Whether both tables exist and have as many rows as the run recorded; otherwise the rows must be staged again. A missing
 * table ends the transaction of a session.
 */
export async function isStagingWhole(session: Session, run: Run): Promise<boolean> {
  if (run.stagingTable === null || (await countStaged(session, run.stagingTable)) !== run.stagedRows) return false;
  return isRefusedWhole(session, run);
}

/** The same for the refused rows alone. */
export async function isRefusedWhole(database: Database | Session, run: Run): Promise<boolean> {
  return run.refusedTable === null || (await countStaged(database, run.refusedTable)) === run.keptRefusedRows;
}

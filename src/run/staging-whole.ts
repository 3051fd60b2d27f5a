// Whether staging still holds what was put there: a crash of the server empties unlogged tables.

import { countStaged } from '../offline/staging.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { Run } from '../state/runs/run.ts';

/**
 * Whether both tables are there and hold as many rows as the run recorded; otherwise the rows have to be staged again. A
 * missing table ends the transaction of a session.
 */
export async function isStagingWhole(session: Session, run: Run): Promise<boolean> {
  if (run.stagingTable === null || (await countStaged(session, run.stagingTable)) !== run.stagedRows) return false;
  return isRefusedWhole(session, run);
}

/** The same of the refused rows alone. */
export async function isRefusedWhole(database: Database | Session, run: Run): Promise<boolean> {
  return run.refusedTable === null || (await countStaged(database, run.refusedTable)) === run.keptRefusedRows;
}

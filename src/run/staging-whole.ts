// Whether the refused rows of a run are still staged: a crash of the server empties unlogged tables.

import { countStaged } from '../offline/staging.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { Run } from '../state/runs/run.ts';

/**
 * Whether the table of refused rows, if the run has one, holds as many as the run recorded; otherwise the rows have to be
 * staged again. A missing table ends the transaction of a session.
 */
export async function isRefusedWhole(database: Database | Session, run: Run): Promise<boolean> {
  return run.refusedTable === null || (await countStaged(database, run.refusedTable)) === run.keptRefusedRows;
}

// Refused rows, kept with their reasons.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import type { Run } from './run.ts';

/** Moves the refused rows of an attempt into quarantine, in place of those of earlier attempts of the run. */
export async function quarantineRefused(session: Session, run: Run): Promise<void> {
  await session.run('delete from millrace.quarantine where run_id = $1', [run.id]);
  if (run.refusedTable === null) return;
  await session.run(
    `insert into millrace.quarantine (view_id, run_id, reason, detail, row)
     select $1, $2, reason, detail, row from ${run.refusedTable} where reason is not null`,
    [run.viewId, run.id],
  );
}

export type QuarantinedRow = {
  readonly runId: number;
  readonly span: string;
  readonly reason: string;
  readonly detail: string;
  readonly row: Readonly<Record<string, unknown>>;
};

/** The newest refused rows of a view, of one run where `runId` is given. */
export async function quarantinedRows(
  database: Database,
  viewId: number,
  { runId, limit }: { runId: number | null; limit: number },
): Promise<QuarantinedRow[]> {
  return database.query<QuarantinedRow>(
    `select q.run_id as "runId", r.span::text as span, q.reason, q.detail, q.row
       from millrace.quarantine q join millrace.run r on r.id = q.run_id
      where q.view_id = $1 and ($2::bigint is null or q.run_id = $2) order by q.id desc limit $3`,
    [viewId, runId, limit],
  );
}

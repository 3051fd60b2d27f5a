// How a run is closed: done, failed, cancelled or superseded. A closed run is never opened again.

import type { Database, Session } from '../postgres/database.ts';
import { rangeLiteral } from '../postgres/range.ts';
import { leaseLost, type Run, type RunCounts } from './run.ts';

/** What a failed run says of itself. */
export type RunError = { readonly code: string; readonly message: string; readonly owner: string };

/** Closes a published run. @throws Failure LEASE_LOST */
export async function closeDone(session: Session, run: Run): Promise<void> {
  await closeAs(session, run, 'done');
  await session.run('update millrace.view set failed_in_a_row = 0 where id = $1', [run.viewId]);
}

/** Closes a run whose view's query has changed since it was planned; its span is due again. @throws Failure LEASE_LOST */
export async function closeSuperseded(session: Session, run: Run): Promise<void> {
  await closeAs(session, run, 'superseded');
}

/**
 * Closes a run that no retry can help, with its counts, and holds its span until a person releases it.
 *
 * @throws Failure LEASE_LOST
 */
export async function closeFailed(
  session: Session,
  run: Run,
  failed: { error: RunError; counts: RunCounts },
): Promise<void> {
  await session.run('select 1 from millrace.coverage where view_id = $1 for update', [run.viewId]);
  await closeAs(session, run, 'failed');
  await session.run('update millrace.run set error = $2, counts = $3 where id = $1', [
    run.id,
    JSON.stringify(failed.error),
    JSON.stringify(failed.counts),
  ]);
  await session.run('update millrace.view set failed_in_a_row = failed_in_a_row + 1 where id = $1', [run.viewId]);
  if (run.span === null) return;
  const span = rangeLiteral(run.span);
  await session.run(`update millrace.coverage set held = held + tstzmultirange($2::tstzrange) where view_id = $1`, [
    run.viewId,
    span,
  ]);
  await session.run(
    `insert into millrace.event (view_id, run_id, kind, span, note)
     values ($1, $2, 'held', tstzmultirange($3::tstzrange), $4)`,
    [run.viewId, run.id, span, failed.error.message],
  );
}

async function closeAs(session: Session, run: Run, state: 'done' | 'failed' | 'superseded'): Promise<void> {
  const closed = await session.run(
    `update millrace.run
        set state = $3, closed_at = millrace.now(), lease_until = null, waiting_for = null, waiting_since = null,
            stage = case $3 when 'done' then 'done' else stage end
      where id = $1 and epoch = $2 and state = case $3 when 'done' then 'committed' else 'active' end`,
    [run.id, run.epoch, state],
  );
  if (closed === 0) throw leaseLost(run);
}

/** Deletes the rows that a run's staging left behind, in whatever state it is. */
export async function dropStaging(session: Database | Session, tables: readonly (string | null)[]): Promise<void> {
  for (const table of tables) {
    if (table !== null) await session.run(`drop table if exists ${table}`);
  }
}

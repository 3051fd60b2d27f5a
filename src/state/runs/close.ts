// Closing runs: done, failed, cancelled or superseded. A closed run never opens again.

import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { recordEvent } from '../events.ts';
import { LOCK_RUNS, lockCoverage, lockPlanning } from '../locks.ts';
import { IS_COUNTED_REASON, isCountedCode, isCountedReason } from '../outages/uncounted.ts';
import { MAY_RUN } from '../views/may-run.ts';
import { type Paused, pauseLocked } from '../views/pause.ts';
import { circuitFacts } from '../views/paused.ts';
import { changeRun, supersedeRuns } from './change.ts';
import { errorFacts, STOPPED } from './entry-facts.ts';
import { findRun, leaseLost, type Run, type RunCounts } from './run.ts';
import type { RunError } from './run-error.ts';
import type { StageName } from './stages.ts';

/** Closes a published run. @throws Failure LEASE_LOST */
export async function closeDone(session: Session | Database, run: Run): Promise<void> {
  const stage: StageName = 'done';
  if (!(await changeRun(session, 'finish', run, { set: { stage: `'${stage}'` } }))) throw leaseLost(run);
}

/**
 * Resets the view's failure streak: a scheduled run or a drain has stored its rows, even if they are not published yet, or
 * runs for an operator, such as those of a backfill, have covered the span of the last failed run, together or alone.
 * In the transaction of a commit that has recorded its span.
 */
export async function endFailures(session: Session, run: Run): Promise<void> {
  await session.run(
    `update millrace.view v set failed_in_a_row = 0
      where id = $1 and failed_in_a_row > 0 and ($2 or exists (
        select from (select span from millrace.run
                      where view_id = v.id and state = 'failed' and ${IS_COUNTED_REASON} order by id desc limit 1) failed
          join millrace.run done on done.id = $3 join millrace.coverage c on c.view_id = v.id
         where failed.span <@ done.span
            or tstzmultirange(failed.span) <@ (c.covered + c.skipped - c.held - c.stale)))`,
    [run.viewId, isCounted(run), run.id],
  );
}

/**
 * Closes a run whose view's query has changed since it was planned; its span is due again. A backfill frees the chunk
 * when it advances.
 *
 * @throws Failure LEASE_LOST
 */
export async function closeSuperseded(session: Session, run: Run): Promise<void> {
  if (!(await changeRun(session, 'supersedeOwn', run))) throw leaseLost(run);
}

/**
 * Supersedes the planned runs of a view that may not start runs, and returns their ids: a run that was released returns
 * to `planned` after a pause, and edits and retirements leave planned runs alone. Their spans are due again when the
 * view may start runs.
 */
export async function supersedeBlocked(database: Database, viewId: number): Promise<number[]> {
  return database.transaction(async (session) => {
    await lockPlanning(session, viewId);
    return supersedeRuns(session, {
      join: 'join millrace.view v on v.id = r.view_id',
      where: `v.id = $1 and r.state = 'planned' and not (${MAY_RUN})`,
      values: [viewId],
    });
  });
}

/** How a failing run was closed. `paused`: its failure opened the view's circuit. */
export type ClosedFailing = { readonly state: 'failed' | 'superseded'; readonly paused: Paused | null };

/**
 * Closes a run that a retry cannot help, with its counts, and holds its span until an operator releases it. After the
 * configured number of failed scheduled runs or drains in a row, the view is paused. A run of an earlier query is
 * superseded instead: its failure says nothing about the query that is deployed now.
 *
 * @throws Failure LEASE_LOST
 */
export async function closeFailed(
  session: Session,
  run: Run,
  failed: { error: RunError; counts: RunCounts },
): Promise<ClosedFailing> {
  // Before the coverage, as everywhere: the circuit may pause the view.
  await lockPlanning(session, run.viewId);
  await lockCoverage(session, run.viewId);
  // All runs that it may close, in the order in which other sessions lock several runs.
  await session.run(
    `select from millrace.run r where r.view_id = $1 and (r.id = $2 or r.state = 'planned') ${LOCK_RUNS}`,
    [run.viewId, run.id],
  );
  // An edit is deployed under the same lock. Its own runs hold time and open the circuit.
  if ((await findRun(session, run.id))?.current === false) {
    await closeSuperseded(session, run);
    return { state: 'superseded', paused: null };
  }
  await fail(session, run, failed);
  if (run.span !== null) await hold(session, run, run.span, failed.error);
  return {
    state: 'failed',
    paused: isCounted(run, failed.error) ? await countFailure(session, run, failed.error) : null,
  };
}

/** Whether the view's circuit counts a run. */
function isCounted({ reason }: Run, failed?: RunError): boolean {
  return isCountedReason(reason) && (failed === undefined || isCountedCode(failed.code));
}

async function hold(session: Session, run: Run, whole: Interval, error: RunError): Promise<void> {
  const span = rangeLiteral(whole);
  await session.run(`update millrace.coverage set held = held + tstzmultirange($2::tstzrange) where view_id = $1`, [
    run.viewId,
    span,
  ]);
  const note = { kind: 'run_failed', facts: { code: error.code } } as const;
  await recordEvent(session, { viewId: run.viewId, run: run.id, kind: 'held', span: whole, note });
}

async function countFailure(session: Session, run: Run, error: RunError): Promise<Paused | null> {
  const [row] = await session.query<{ failed: number; max: number }>(
    `update millrace.view set failed_in_a_row = failed_in_a_row + 1 where id = $1
     returning failed_in_a_row as failed, failures_max as max`,
    [run.viewId],
  );
  if (row === undefined || row.max === 0 || row.failed < row.max) return null;
  const facts = circuitFacts(row.failed, run.id, error);
  const paused = await pauseLocked(session, run.viewId, { kind: 'circuit', facts });
  return paused.changed ? paused : null;
}

async function fail(session: Session, run: Run, failed: { error: RunError; counts: RunCounts }): Promise<void> {
  const isFailed = await changeRun(session, 'fail', run, {
    set: { error: '$3', counts: '$4' },
    facts: `${STOPPED} || ${errorFacts('$3::jsonb')}`,
    values: [JSON.stringify(failed.error), JSON.stringify(failed.counts)],
  });
  if (!isFailed) throw leaseLost(run);
}

/** Drops the staging tables of a run, in any state. */
export async function dropStaging(session: Database | Session, tables: readonly (string | null)[]): Promise<void> {
  for (const table of tables) {
    if (table !== null) await session.run(`drop table if exists ${table}`);
  }
}

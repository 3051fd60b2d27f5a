// commit: one transaction makes the rows, the coverage and the run's state true together, or not at all.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { replaceRange } from '../../offline/replace.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { lockCoverage } from '../../state/locks.ts';
import { changesAfter, publishedUpTo } from '../../state/publishing/changes-after.ts';
import { closeSuperseded, dropStaging, endFailures } from '../../state/runs/close.ts';
import { recordEmptied } from '../../state/runs/emptied.ts';
import { quarantineRefused } from '../../state/runs/quarantine.ts';
import { endCommit, returnToExtract } from '../../state/runs/record-stage.ts';
import { noteRemoved } from '../../state/runs/removed.ts';
import { findRun, leaseLost, type Run, type RunCounts } from '../../state/runs/run.ts';
import { mayHoldRows, recordCovered } from '../../state/views/coverage.ts';
import type { Stage } from '../stage.ts';
import { isStagingWhole } from '../staging-whole.ts';

export function commitStage(database: Database): Stage {
  return {
    name: 'commit',
    perform: (run, signal) => database.transaction((session) => commit(session, run), signal),
  };
}

async function commit(session: Session, run: Run): Promise<Run> {
  await lockCoverage(session, run.viewId);
  if (!(await isCurrent(session, run))) return superseded(session, run);
  const staging = run.stagingTable ?? '';
  // A server that crashed since the check has emptied them: every key that is missing would cost a stored row.
  if (!(await isStagingWhole(session, run))) return returnToExtract(session, run);
  const covered = await mayHoldRows(session, run);
  const published = await publishedUpTo(session, run.viewId, run.span);
  const replaced = await replaceRange(
    session,
    {
      view: run.view,
      runId: run.id,
      noteRemoved: noteRemoved(run.viewId, run.id),
      span: run.span,
      staging,
      refused: run.refusedTable,
      hasTieBreak: await hasTieBreak(session, staging),
      covered,
    },
    run.counts.accepted,
  );
  const counts = balanced(run, { ...run.counts, ...replaced.counts });
  await recordCovered(session, { ...run, counts });
  if (covered) await recordEmptied(session, run, replaced.lost);
  await endFailures(session, run);
  await quarantineRefused(session, run);
  // Publishing reads the offline table, so staging has done its duty.
  await dropStaging(session, [run.stagingTable, run.refusedTable]);
  return endCommit(session, run, { counts, changesAfter: changesAfter(published, counts) });
}

/** Asked before a merge into columns that an edit may have changed. @throws Failure LEASE_LOST */
async function isCurrent(session: Session, run: Run): Promise<boolean> {
  const now = await findRun(session, run.id);
  if (now?.state !== 'active' || now.epoch !== run.epoch) throw leaseLost(run);
  return now.current;
}

/** The view's query was edited while the run was under way: its span is due again. */
async function superseded(session: Session, run: Run): Promise<Run> {
  await closeSuperseded(session, run);
  await dropStaging(session, [run.stagingTable, run.refusedTable]);
  return { ...run, state: 'superseded' };
}

async function hasTieBreak(session: Session, staging: string): Promise<boolean> {
  const [row] = await session.query<{ has: boolean }>(
    `select exists (select from pg_attribute where attrelid = $1::regclass and attname = 'tie_break') as has`,
    [staging],
  );
  return row?.has === true;
}

function balanced(run: Run, counts: RunCounts): RunCounts {
  const { accepted, inserted, changed, unchanged, duplicates } = counts;
  if (
    inserted + changed + unchanged + duplicates === accepted &&
    Math.min(inserted, changed, unchanged, duplicates) >= 0
  ) {
    return counts;
  }
  throw new Failure('BUG', text`The counts of run ${safe(run.id)} do not add up: ${safe(JSON.stringify(counts))}.`, {
    run: run.id,
  });
}

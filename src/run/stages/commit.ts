// commit: one transaction stores the rows, the coverage and the run's state together, or not at all.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { DuplicateKeys, replaceRange } from '../../offline/replace.ts';
import type { Removal, Replacement } from '../../offline/replacement.ts';
import { countKeys } from '../../offline/staging.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { deleteMarked } from '../../state/inbox/drain.ts';
import { lockCoverage } from '../../state/locks.ts';
import { dropUnusedBins } from '../../state/quality/profile-bins.ts';
import { closeSuperseded, dropStaging, endFailures } from '../../state/runs/close.ts';
import { type CommitBase, changesAfter, readCommitBase } from '../../state/runs/commit-base.ts';
import { recordEmptied } from '../../state/runs/emptied.ts';
import { quarantineRefused } from '../../state/runs/quarantine.ts';
import { endCommit, recordFindings, returnToExtract } from '../../state/runs/record-stage.ts';
import { countReplaced, noteRemoved } from '../../state/runs/removed.ts';
import { leaseLost, type Run, type RunCounts } from '../../state/runs/run.ts';
import { recordCovered, redefinedSpans } from '../../state/views/coverage.ts';
import { changedParts, recordParts } from '../../state/views/parts.ts';
import { compareSnapshots, type Snapshots } from '../../state/views/snapshot-comparison.ts';
import { newestSnapshot, recordSnapshot } from '../../state/views/snapshots.ts';
import { clearZeros, writeZeros } from '../../state/views/zeros.ts';
import { brokenRemovalRule, brokenSnapshotRule, type RemovalBy, replacesSnapshot } from '../rules.ts';
import type { Stage } from '../stage.ts';
import { isRefusedWhole } from '../staging-whole.ts';

export function commitStage(database: Database): Stage {
  return {
    name: 'commit',
    perform: async (run, signal) => {
      try {
        return await commitOrReturn(database, run, 'unlikely', signal);
      } catch (error) {
        if (error instanceof DuplicateKeys) return await commitOrReturn(database, run, 'possible', signal);
        throw error;
      }
    },
  };
}

/** Commits, or returns the run to extract, where its rows are read again. @throws DuplicateKeys, Failure */
async function commitOrReturn(
  database: Database,
  run: Run,
  duplicates: Replacement['duplicates'],
  signal: AbortSignal,
): Promise<Run> {
  try {
    const committed = await database.transaction((session) => commit(session, run, duplicates), signal);
    return committed ?? (await returnToExtract(database, run));
  } catch (error) {
    if (error instanceof InboxChanged) return await returnToExtract(database, run);
    if (!(error instanceof RuleBroken)) throw error;
    await database.transaction(async (session) => {
      await recordFindings(session, run, { counts: run.counts });
      await quarantineRefused(session, run);
    });
    // Not in the transaction, because it reads all runs of the view, and the lease is renewed on the row of the run.
    await dropUnusedBins(database, run);
    throw error.failure;
  }
}

/** Undoes the transaction in which it was found that the run may not be stored. */
class RuleBroken extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Undoes the deletion of the inbox entries that the run has marked: they are not those that it has read. */
class InboxChanged extends Error {}

/** @throws InboxChanged */
async function deleteDrained(session: Session, run: Run): Promise<void> {
  const deleted = await deleteMarked(session, run);
  if (deleted !== run.counts.read)
    throw new InboxChanged(`run ${run.id} has read ${run.counts.read} rows, not ${deleted}`);
}

/** Null where the staged rows are lost. */
async function commit(session: Session, run: Run, duplicates: Replacement['duplicates']): Promise<Run | null> {
  await lockCoverage(session, run.viewId);
  const base = run.stagingTable === null ? null : await readCommitBase(session, run);
  if (base === null) return null;
  if (!base.isOwned) throw leaseLost(run);
  // Before a merge into columns that an edit may have changed.
  if (!base.isCurrent) return superseded(session, run);
  // A server crash since the check has emptied them: every missing key would cost a stored row.
  if (base.stagedRows !== run.stagedRows || !(await isRefusedWhole(session, run))) return null;
  if (run.view.kind === 'pushed') await deleteDrained(session, run);
  const parts = await changedParts(session, run);
  const snapshots = await comparedSnapshots(session, run);
  await clearZeros(session, run);
  const replaced = await replaceRange(session, replacementOf(run, base, duplicates), run.counts.accepted);
  const broken = brokenRemovalRule(run, await removalBy(session, run, replaced.removal));
  if (broken !== null) throw new RuleBroken(broken);
  requireSnapshot(run, snapshots);
  const counts = balanced(run, { ...run.counts, ...replaced.counts });
  const newest = run.view.complete === undefined ? null : await newestSnapshot(session, run.viewId);
  await recordCovered(session, { ...run, counts });
  if (parts !== null) await recordParts(session, run, parts);
  if (newest !== null) await recordSnapshot(session, run, { newest, wasEmpty: snapshots?.wasEmpty === true });
  // Before zeros are written, which are no rows of the source.
  if (base.hasEmptied || replaced.removal.removed > 0) await recordEmptied(session, run, replaced.lost);
  await writeZeros(session, run);
  if (base.hasFailures) await endFailures(session, run);
  if (mayHaveQuarantine(run)) await quarantineRefused(session, run);
  // Publishing reads the offline table, so staging is no longer needed.
  await dropStaging(session, [run.stagingTable, run.refusedTable]);
  return endCommit(session, run, { counts, changesAfter: changesAfter(base, counts) });
}

/** Null where no rule needs the comparison. */
async function comparedSnapshots(session: Session, run: Run): Promise<Snapshots | null> {
  const { complete } = run.view;
  if (complete === undefined || (run.counts.accepted > 0 && complete.missingMax === undefined)) return null;
  return compareSnapshots(session, run);
}

/** @throws RuleBroken where a snapshot lacks entities that it must hold. */
function requireSnapshot(run: Run, snapshots: Snapshots | null): void {
  const broken = snapshots === null ? null : brokenSnapshotRule(run, snapshots);
  if (broken !== null) throw new RuleBroken(broken);
}

function replacementOf(run: Run, base: CommitBase, duplicates: Replacement['duplicates']): Replacement {
  return {
    view: run.view,
    runId: run.id,
    noteRemoved: noteRemoved(run.viewId, run.id),
    span: run.span,
    staging: run.stagingTable ?? '',
    refused: run.refusedTable,
    redefined: redefinedSpans(run.viewId),
    mayHoldRows: base.mayHoldRows,
    duplicates: base.expectsDuplicates ? 'possible' : duplicates,
  };
}

async function removalBy(session: Session, run: Run, removal: Removal): Promise<RemovalBy> {
  const { counts, refusedTable, stagingTable } = run;
  const withKey = removal.removed === 0 || refusedTable === null ? 0 : await countKeys(session, refusedTable);
  const by = { ...removal, withoutKey: counts.refused - withKey };
  if (removal.removed === 0 || stagingTable === null || !replacesSnapshot(run)) return by;
  return { ...by, replaced: await countReplaced(session, run, stagingTable) };
}

/** Whether this attempt or an earlier one has refused rows. */
function mayHaveQuarantine({ refusedTable, epoch }: Run): boolean {
  return refusedTable !== null || epoch > 1;
}

/** The view's query was edited during the run: its span is due again. */
async function superseded(session: Session, run: Run): Promise<Run> {
  await closeSuperseded(session, run);
  await dropStaging(session, [run.stagingTable, run.refusedTable]);
  return { ...run, state: 'superseded' };
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

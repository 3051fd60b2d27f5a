// Records the result of a stage and moves the run to the next one, in one write under the run's epoch.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import type { CheckOutcome } from '../../quality/outcome.ts';
import { type Change, changeRun } from './change.ts';
import { TOOK } from './entry-facts.ts';
import { leaseLost, type Run, type RunCounts } from './run.ts';
import { FIRST_WORK, stageAfter, type WorkStage } from './stages.ts';
import { TRANSITIONS, type Transition } from './transitions.ts';

/** The result of a stage in the row of its run. */
export type StageResult = {
  readonly stagingTable?: string | null;
  readonly refusedTable?: string | null;
  readonly stagedRows?: number | null;
  readonly keptRefusedRows?: number | null;
  readonly counts?: RunCounts;
  readonly profile?: unknown;
  readonly checks?: readonly CheckOutcome[];
  /** Added to those of earlier attempts, without duplicates. */
  readonly notes?: readonly string[];
  readonly withoutFiles?: boolean;
  /** `publishedUpTo` of a commit whose changed rows alone are to be published. */
  readonly changesAfter?: number | null;
};

/** Ends a stage and moves the run to the next one. @throws Failure LEASE_LOST */
export async function endStage(
  session: Database | Session,
  run: Run,
  ended: Exclude<WorkStage, 'commit'>,
  result: StageResult = {},
): Promise<Run> {
  return end(session, run, ended, result, 'true');
}

/**
 * Ends the commit stage: the run's rows are stored, and its staging tables are dropped. Call it last in the
 * transaction, so that a long merge does not block lease renewal.
 *
 * @throws Failure LEASE_LOST, including if the view's query has changed since the run was planned.
 */
export async function endCommit(
  session: Session,
  run: Run,
  result: Required<Pick<StageResult, 'counts' | 'changesAfter'>>,
): Promise<Run> {
  const isCurrent = `exists (select from millrace.view v where v.id = r.view_id and v.data_fingerprint = r.fingerprint)`;
  const ended = await end(session, run, 'commit', result, isCurrent);
  return { ...ended, stagingTable: null, refusedTable: null };
}

async function end(
  session: Database | Session,
  run: Run,
  ended: WorkStage,
  result: StageResult,
  where: string,
): Promise<Run> {
  const stage = stageAfter(ended);
  const { set, values } = written(result);
  const change: Change = { set: { stage: `'${stage}'`, ...set }, facts: TOOK, where, values };
  if (!(await changeRun(session, ended, run, change))) throw leaseLost(run);
  const { moves }: Transition = TRANSITIONS[ended];
  return { ...run, ...ofRun(result), stage, state: moves[run.state] ?? run.state };
}

/** Records results of a stage that has not ended. @throws Failure LEASE_LOST */
export async function recordFindings(session: Database | Session, run: Run, result: StageResult): Promise<Run> {
  if (!(await changeRun(session, 'note', run, written(result)))) throw leaseLost(run);
  return { ...run, ...ofRun(result) };
}

/** Moves a run with lost staged rows back to the extract stage. @throws Failure LEASE_LOST */
export async function returnToExtract(session: Database | Session, run: Run): Promise<Run> {
  const change = { set: { stage: `'${FIRST_WORK}'` }, facts: `jsonb_build_object('stage', r.stage)` };
  if (!(await changeRun(session, 'returnToExtract', run, change))) throw leaseLost(run);
  return { ...run, stage: FIRST_WORK };
}

type Column = readonly [name: string, value: unknown, sql?: (parameter: string) => string];

function written(result: StageResult): { readonly set: Record<string, string>; readonly values: readonly unknown[] } {
  const columns = columnsOf(result).filter(([, value]) => value !== undefined);
  const set = columns.map(([name, , sql = (parameter) => parameter], index) => [name, sql(`$${index + 3}`)]);
  return { set: Object.fromEntries(set), values: columns.map(([, value]) => value) };
}

function columnsOf(result: StageResult): Column[] {
  const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));
  return [
    ['staging_table', result.stagingTable],
    ['refused_table', result.refusedTable],
    ['staged_rows', result.stagedRows],
    ['kept_refused_rows', result.keptRefusedRows],
    ['without_files', result.withoutFiles],
    ['changes_after', result.changesAfter],
    ['counts', json(result.counts)],
    ['profile', json(result.profile)],
    ['checks', json(result.checks)],
    ['notes', json(result.notes), added],
  ];
}

function added(notes: string): string {
  return `r.notes || coalesce((
    select jsonb_agg(note) from jsonb_array_elements(${notes}::jsonb) as note where not r.notes @> note), '[]')`;
}

function ofRun(result: StageResult) {
  const {
    profile: _profile,
    checks: _checks,
    notes: _notes,
    withoutFiles: _withoutFiles,
    changesAfter: _changesAfter,
    ...columns
  } = result;
  return columns;
}

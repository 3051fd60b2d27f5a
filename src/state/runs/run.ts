// A run as stored.

import { Failure } from '../../core/failure.ts';
import type { Interval } from '../../core/interval.ts';
import { safe, text } from '../../core/message.ts';
import type { Check } from '../../definition/check.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import { prepared } from '../../postgres/prepared.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { MAY_RUN } from '../views/may-run.ts';
import type { StageName } from './stages.ts';
import type { RunState } from './states.ts';

export const RUN_REASONS = ['schedule', 'manual', 'backfill', 'restate', 'push'] as const;
export type RunReason = (typeof RUN_REASONS)[number];

/** The options of a run, from its job or command. */
export type RunOptions = {
  readonly attempts: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly timeoutMs: number;
  /** The order in which workers take waiting runs: 1 before 9. */
  readonly priority: number;
  /** The run may remove any number of stored rows that the source no longer has: an operator or an edit allows it. */
  readonly allowRemovals: boolean;
  /** If the run finds rows, these may replace all stored ones: an edit has given them other times. Not stored with the run. */
  readonly replacesRows?: boolean;
  /** An operator has seen these checks fail and accepted the values: the run is stored although it fails them. */
  readonly acceptedChecks?: readonly Check[];
};

/** The options that a new run takes from a failed one. Checks are accepted once: for the values that the operator has seen. */
export function retriedOptions({ acceptedChecks: _, ...kept }: RunOptions): RunOptions {
  return kept;
}

export const DEFAULT_RUN_OPTIONS: RunOptions = {
  attempts: 5,
  backoffMs: 30_000,
  backoffMaxMs: 600_000,
  timeoutMs: 1_800_000,
  priority: 5,
  allowRemovals: false,
};

/** read = accepted + refused; accepted = inserted + changed + unchanged + duplicates; the others count stored rows. */
export type RunCounts = {
  readonly read: number;
  readonly accepted: number;
  readonly refused: number;
  /** Reason → number of rows. */
  readonly refusedBy: Readonly<Record<string, number>>;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly removed: number;
  /** Stored rows that are kept because their replacements were refused. */
  readonly kept: number;
};

export const NO_COUNTS: RunCounts = {
  read: 0,
  accepted: 0,
  refused: 0,
  refusedBy: {},
  inserted: 0,
  changed: 0,
  unchanged: 0,
  duplicates: 0,
  removed: 0,
  kept: 0,
};

export type Run = {
  readonly id: number;
  readonly viewId: number;
  /** The deployed definition. */
  readonly view: FeatureView;
  /** Null for views of kind latest. */
  readonly span: Interval | null;
  readonly reason: RunReason;
  readonly state: RunState;
  readonly stage: StageName;
  readonly options: RunOptions;
  readonly attempt: number;
  readonly epoch: number;
  readonly owner: string | null;
  readonly stagingTable: string | null;
  readonly refusedTable: string | null;
  readonly stagedRows: number | null;
  readonly keptRefusedRows: number | null;
  readonly counts: RunCounts;
  /** Whether the view still has the query that the run was planned for. */
  readonly current: boolean;
  /** Whether the view may start runs: it is neither paused, nor retired, nor edited and undecided. See MAY_RUN for pushed views. */
  readonly mayStart: boolean;
};

type RunRow = Omit<Run, 'span' | 'counts'> & { readonly span: string; readonly counts: Partial<RunCounts> };

// An edit of the parts of an entity allows the removal of all rows with the old ids, whichever run reads them again. An edit of
// the kind or the interval allows their replacement.
const COLUMNS = `
  r.id, r.view_id as "viewId", v.spec as view, r.span::text as span, r.reason, r.state, r.stage, r.attempt,
  r.options || coalesce((
    select case when c.old_ids && r.span then jsonb '{"allowRemovals": true}'
                when c.old_times && r.span then jsonb '{"replacesRows": true}' end
      from millrace.coverage c where c.view_id = r.view_id), '{}') as options,
  r.epoch, r.owner, r.staging_table as "stagingTable", r.refused_table as "refusedTable", r.staged_rows as "stagedRows",
  r.kept_refused_rows as "keptRefusedRows", r.counts, r.fingerprint = v.data_fingerprint as current,
  ${MAY_RUN} as "mayStart"`;

function runOf(row: RunRow): Run {
  return { ...row, span: parseRanges(row.span)[0] ?? null, counts: { ...NO_COUNTS, ...row.counts } };
}

/** The current state of a run; null for an unknown id. */
export async function findRun(database: Database | Session, id: number): Promise<Run | null> {
  const [row] = await database.query<RunRow>(
    prepared(`select ${COLUMNS} from millrace.run r join millrace.view v on v.id = r.view_id where r.id = $1`),
    [id],
  );
  return row === undefined ? null : runOf(row);
}

/** The run as a statement that returns its row has changed it; null where it has changed none. */
export async function changedRun(database: Database, change: string, values: readonly unknown[]): Promise<Run | null> {
  const [row] = await database.query<RunRow>(
    prepared(`with r as (${change}) select ${COLUMNS} from r join millrace.view v on v.id = r.view_id`),
    values,
  );
  return row === undefined ? null : runOf(row);
}

/** The name of a run's view; null for an unknown id. */
export async function viewOfRun(database: Database, id: number): Promise<string | null> {
  const [row] = await database.query<{ name: string }>(
    'select v.name from millrace.run r join millrace.view v on v.id = r.view_id where r.id = $1',
    [id],
  );
  return row?.name ?? null;
}

/** The failure of a worker that has lost its run. */
export function leaseLost(run: Run): Failure {
  return new Failure(
    'LEASE_LOST',
    text`Run ${safe(run.id)} of ${safe(run.view.name)} was closed or reclaimed by another worker, so this worker stops.`,
    { run: run.id, epoch: run.epoch },
  );
}

// How long workers have worked on a run: waits for files, for a retry or for the online store are no work.

/** SQL: the columns of run `r` at the end of its owner's work. */
export const WORK_ENDED = `worked = coalesce(r.worked, '0') + coalesce(millrace.now() - r.working_since, '0'), working_since = null`;

/**
 * SQL: the interval for run `r`, so far if a worker has it; null if none has begun. Of runs that an earlier release closed,
 * only the beginning and the end are known.
 */
export function workedSql(now: string): string {
  return `coalesce(r.worked + (${now} - r.working_since), r.worked, ${now} - r.working_since, r.closed_at - r.started_at)`;
}

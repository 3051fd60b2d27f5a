// A run as its row says, and the statements that move it. Every one of them compares the epoch.

import { Failure } from '../core/failure.ts';
import type { Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Database, Session } from '../postgres/database.ts';
import { codeOf } from '../postgres/failure.ts';
import { parseRanges } from '../postgres/range.ts';

export type RunState = 'planned' | 'active' | 'committed' | 'done' | 'failed' | 'cancelled' | 'superseded';
export type StageName = 'claim' | 'stage' | 'check' | 'commit' | 'publish' | 'done';
export type RunReason = 'schedule' | 'manual' | 'backfill' | 'restate';

/** What the job or command that planned a run asked for. */
export type RunOptions = {
  readonly attempts: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly timeoutMs: number;
  /** A restatement that may remove more stored rows than `removed_max`. */
  readonly allowRemovals: boolean;
};

export const DEFAULT_RUN_OPTIONS: RunOptions = {
  attempts: 5,
  backoffMs: 30_000,
  backoffMaxMs: 600_000,
  timeoutMs: 1_800_000,
  allowRemovals: false,
};

/** read = accepted + refused; accepted = inserted + changed + unchanged + duplicates. */
export type RunCounts = {
  readonly read: number;
  readonly accepted: number;
  readonly refused: number;
  /** Reason → how many. */
  readonly refusedBy: Readonly<Record<string, number>>;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly removed: number;
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
};

export type Run = {
  readonly id: number;
  readonly viewId: number;
  /** The applied definition. */
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
  /** Whether the view's query is still the one that the run was planned for. */
  readonly current: boolean;
};

type RunRow = Omit<Run, 'span' | 'counts'> & { readonly span: string; readonly counts: Partial<RunCounts> };

const COLUMNS = `
  r.id, r.view_id as "viewId", v.spec as view, r.span::text as span, r.reason, r.state, r.stage, r.options, r.attempt,
  r.epoch, r.owner, r.staging_table as "stagingTable", r.refused_table as "refusedTable", r.staged_rows as "stagedRows",
  r.kept_refused_rows as "keptRefusedRows", r.counts, r.fingerprint = v.data_fingerprint as current`;

function runOf(row: RunRow): Run {
  return { ...row, span: parseRanges(row.span)[0] ?? null, counts: { ...NO_COUNTS, ...row.counts } };
}

/** The run as it is now; null where there is none of that id. */
export async function findRun(database: Database | Session, id: number): Promise<Run | null> {
  const [row] = await database.query<RunRow>(
    `select ${COLUMNS} from millrace.run r join millrace.view v on v.id = r.view_id where r.id = $1`,
    [id],
  );
  return row === undefined ? null : runOf(row);
}

/** Why a claim was refused. */
export type ClaimRefusal = 'closed' | 'leased' | 'waiting' | 'overlap';

/**
 * Makes the run this owner's until its lease ends, raising the epoch, and counts the attempt.
 *
 * Refused while another owner's lease is valid (`leased`), before `not_before` (`waiting`), when another active run of
 * the view overlaps (`overlap`) and when the run is closed.
 */
export async function claimRun(
  database: Database,
  id: number,
  owner: string,
  leaseMs: number,
): Promise<{ claimed: Run } | { refused: ClaimRefusal; waitMs: number }> {
  try {
    const claimed = await database.run(
      `update millrace.run
          set state = case state when 'planned' then 'active' else state end,
              stage = case stage when 'claim' then 'stage' else stage end,
              epoch = epoch + 1, attempt = attempt + 1, owner = $2,
              lease_until = millrace.now() + make_interval(secs => $3::float8 / 1000),
              started_at = coalesce(started_at, millrace.now())
        where id = $1 and state in ('planned', 'active', 'committed')
          and (lease_until is null or lease_until < millrace.now())
          and (not_before is null or not_before <= millrace.now())`,
      [id, owner, leaseMs],
    );
    const run = await findRun(database, id);
    if (claimed === 1 && run !== null) return { claimed: run };
  } catch (error) {
    if (codeOf(error) === EXCLUSION_VIOLATION) return { refused: 'overlap', waitMs: leaseMs };
    throw error;
  }
  return refusalOf(database, id);
}

const EXCLUSION_VIOLATION = '23P01';

async function refusalOf(database: Database, id: number): Promise<{ refused: ClaimRefusal; waitMs: number }> {
  const [row] = await database.query<{ open: boolean; leasedMs: number; waitMs: number }>(
    `select state in ('planned', 'active', 'committed') as open,
            ceil(greatest(0, extract(epoch from lease_until - millrace.now()) * 1000))::int as "leasedMs",
            ceil(greatest(0, extract(epoch from not_before - millrace.now()) * 1000))::int as "waitMs"
       from millrace.run where id = $1`,
    [id],
  );
  if (row?.open !== true) return { refused: 'closed', waitMs: 0 };
  if (row.leasedMs > 0) return { refused: 'leased', waitMs: row.leasedMs };
  return { refused: 'waiting', waitMs: row.waitMs };
}

/** Extends the lease. @throws Failure LEASE_LOST where the run is no longer this epoch's. */
export async function renewLease(database: Database, run: Run, leaseMs: number): Promise<void> {
  const renewed = await database.run(
    `update millrace.run set lease_until = millrace.now() + make_interval(secs => $3::float8 / 1000)
      where id = $1 and epoch = $2 and state in ('active', 'committed')`,
    [run.id, run.epoch, leaseMs],
  );
  if (renewed === 0) throw leaseLost(run);
}

/** Columns of the run row that a stage writes as it hands over to the next. */
export type StageResult = {
  readonly stage: StageName;
  readonly stagingTable?: string | null;
  readonly refusedTable?: string | null;
  readonly stagedRows?: number | null;
  readonly keptRefusedRows?: number | null;
  readonly counts?: RunCounts;
  readonly profile?: unknown;
  readonly note?: string | null;
};

/** Writes what a stage found, and which stage is next. @throws Failure LEASE_LOST */
export async function recordStage(session: Database | Session, run: Run, result: StageResult): Promise<Run> {
  const next = { ...run, ...result };
  const written = await session.run(
    `update millrace.run
        set stage = $3, staging_table = $4, refused_table = $5, staged_rows = $6, kept_refused_rows = $7,
            counts = $8, profile = coalesce($9, profile),
            notes = case when $10::text is null then notes else notes || to_jsonb($10::text) end
      where id = $1 and epoch = $2 and state in ('active', 'committed')`,
    [
      run.id,
      run.epoch,
      next.stage,
      next.stagingTable,
      next.refusedTable,
      next.stagedRows,
      next.keptRefusedRows,
      JSON.stringify(next.counts),
      result.profile === undefined ? null : JSON.stringify(result.profile),
      result.note ?? null,
    ],
  );
  if (written === 0) throw leaseLost(run);
  return { ...run, ...withoutExtras(result) };
}

function withoutExtras({
  profile: _profile,
  note: _note,
  ...columns
}: StageResult): Partial<Run> & { stage: StageName } {
  return columns;
}

/** The failure of one who finds that the run is another's now. */
export function leaseLost(run: Run): Failure {
  return new Failure(
    'LEASE_LOST',
    `Run ${run.id} of ${run.view.name} was taken over by another worker or closed; this one stops and leaves it alone.`,
    { run: run.id, epoch: run.epoch },
  );
}

/**
 * Lets go of an open run: the next delivery claims it after `delayMs`. An attempt that `costs` nothing is taken back.
 * Harmless when the run is no longer ours.
 */
export async function releaseRun(
  database: Database,
  run: Run,
  release: { delayMs: number; costs: 'attempt' | 'nothing'; why: string; error?: unknown },
): Promise<void> {
  await database.run(
    `update millrace.run
        set state = case state when 'active' then 'planned' else state end,
            lease_until = null, owner = null, epoch = epoch + 1,
            attempt = attempt - case $4 when 'nothing' then 1 else 0 end,
            not_before = millrace.now() + make_interval(secs => $3::float8 / 1000),
            waiting_for = $5, waiting_since = coalesce(waiting_since, millrace.now()),
            error = coalesce($6, error)
      where id = $1 and epoch = $2 and state in ('active', 'committed')`,
    [
      run.id,
      run.epoch,
      release.delayMs,
      release.costs,
      release.why,
      release.error === undefined ? null : JSON.stringify(release.error),
    ],
  );
}

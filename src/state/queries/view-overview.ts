// Overview of views for users. Reads only.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { CheckOutcome } from '../../quality/outcome.ts';
import { IN_OPEN } from '../backfills/backfill-state.ts';
import { INBOX_ROWS } from '../inbox/waiting.ts';
import { IS_ALIVE } from '../processes.ts';
import type { RebuildReason } from '../publishing/rebuild-reasons.ts';
import { redactError, type ViewRedaction } from '../redaction.ts';
import { NO_COUNTS, type RunCounts } from '../runs/run.ts';
import { type RunError, type StoredError, shortError } from '../runs/run-error.ts';
import { IN, type RunState } from '../runs/states.ts';
import { redactWait, shortWait } from '../runs/wait.ts';
import { PAUSE, type Pause, redactPause } from '../views/paused.ts';
import { HELD_CAUSES, type HeldCause } from './held-causes.ts';
import { OUTAGES, type Outage } from './outage.ts';
import { ATTEMPTS_MAX, MS, NEXT_ATTEMPT, type RunOverview, WARNINGS } from './run-overview.ts';
import { type SpanSet, type SpanSetRow, spanSetOf, spanSetSql } from './span-set.ts';

/** Whether definitions were ever deployed to this database. */
export async function isStatePresent(database: Database): Promise<boolean> {
  const [row] = await database.query<{ present: boolean }>(
    `select to_regclass('millrace.view') is not null as present`,
  );
  return row?.present === true;
}

/** The database's clock, which decides about data; works before the first deployment. */
export async function databaseNow(database: Database): Promise<EpochMs> {
  const now = (await isStatePresent(database)) ? 'millrace.now()' : 'clock_timestamp()';
  const [row] = await database.query<{ at: number }>(`select ${MS(now)} as at`);
  return epochMsOf(row?.at ?? 0);
}

export type ViewOverview = {
  readonly view: FeatureView;
  /** Waits for `apply` with the meaning of an edit. */
  readonly edited: boolean;
  readonly retired: boolean;
  readonly pause: Pause | null;
  readonly isPaused: boolean;
  readonly rebuildReason: RebuildReason | null;
  /** Failed runs of its schedule since the last one that was done. */
  readonly failedInARow: number;
  /** When the view was first deployed. */
  readonly appliedAt: EpochMs;
  /** The database's clock at the time of the query. */
  readonly now: EpochMs;
  readonly watermark: EpochMs | null;
  readonly frontier: EpochMs | null;
  /** Gaps in the coverage before its end; held spans are among them. */
  readonly holes: SpanSet;
  readonly held: SpanSet;
  readonly stale: SpanSet;
  /** Stale spans that are not held: they will be read again automatically. */
  readonly rereads: SpanSet;
  readonly skipped: SpanSet;
  /** Covered units that had rows before and have none now. */
  readonly emptied: SpanSet;
  /** Of a complete view: covered units after its newest complete snapshot. Their refused rows do not name their entities. */
  readonly unnamed: SpanSet;
  readonly covered: SpanSet;
  /** Why time is held, the largest cause first. */
  readonly heldCauses: readonly HeldCause[];
  /** The sources that held time waits for, and for nothing else; the one that failed last first. */
  readonly outages: readonly Outage[];
  /** How much of the held time is covered by older rows. */
  readonly heldAndCoveredMs: number;
  /** Stored offline and not yet published online. */
  readonly unpublished: SpanSet;
  /** Rows stored offline, as counted by the runs. */
  readonly rows: number;
  readonly openRuns: number;
  /** Due units that will be planned when open runs close: there is no room for more now. */
  readonly leftUnits: number;
  /** Pushed rows that are waiting to be stored. */
  readonly inboxRows: number;
  /** Open runs with a worker. */
  readonly activeRuns: number;
  /** The oldest waiting run. */
  readonly waitingRun: WaitingRun | null;
  /** The oldest open run that waits only for a worker. */
  readonly idleRun: { readonly id: number; readonly plannedAt: EpochMs } | null;
  /** Live workers, for all views. */
  readonly workersAlive: number;
  readonly schedulersAlive: number;
  readonly lastRun: LastRun | null;
  /** The error of the newest failed run. */
  readonly lastFailure: LastFailure | null;
  /** Whether the newest failed run covers all held spans, so that a retry of it is enough. */
  readonly isHeldByLastFailure: boolean;
  /** Open backfills, oldest first. */
  readonly backfills: readonly OpenBackfill[];
};

/** An open run without a worker: its retry is due later, or its time has not come. */
export type WaitingRun = Pick<
  RunOverview,
  'id' | 'state' | 'wait' | 'error' | 'attempt' | 'attemptsMax' | 'nextAttemptAt'
>;

export type LastFailure = { readonly id: number } & RunError;

/** `at` is when it was closed, else started, else planned. */
export type LastRun = {
  readonly id: number;
  readonly state: RunState;
  readonly at: EpochMs;
  readonly counts: RunCounts;
  /** The checks that it failed and that only warn. */
  readonly warnings: readonly CheckOutcome[];
};

export type OpenBackfill = {
  readonly id: number;
  readonly state: 'running' | 'paused';
  readonly mode: 'missing' | 'failed' | 'all';
  readonly range: Interval;
};

const SETS = ['holes', 'held', 'stale', 'rereads', 'skipped', 'emptied', 'unnamed', 'covered', 'unpublished'] as const;
type Sets = (typeof SETS)[number];
type Redacted = 'backfills' | 'lastRun' | 'waitingRun' | 'lastFailure';
type ViewRow = Omit<ViewOverview, Sets | Redacted> & { readonly [S in Sets]: SpanSetRow } & {
  readonly waitingRun: (Omit<WaitingRun, 'error'> & { readonly error: StoredError | null }) | null;
  readonly lastFailure: { readonly id: number; readonly error: StoredError } | null;
  readonly backfills: readonly (Omit<OpenBackfill, 'range'> & { readonly range: string })[] | null;
  readonly lastRun: (Omit<LastRun, 'counts'> & { readonly counts: Partial<RunCounts> }) | null;
};

/** All views, or those with these names, by name. */
export async function viewOverviews(
  database: Database,
  names: readonly string[] | null = null,
): Promise<ViewOverview[]> {
  const rows = await database.query<ViewRow>(VIEWS, [names]);
  return rows.map(({ backfills, lastRun, ...row }) => ({
    ...row,
    ...redactedOf(row),
    holes: spanSetOf(row.holes),
    held: spanSetOf(row.held),
    stale: spanSetOf(row.stale),
    rereads: spanSetOf(row.rereads),
    skipped: spanSetOf(row.skipped),
    emptied: spanSetOf(row.emptied),
    unnamed: spanSetOf(row.unnamed),
    covered: spanSetOf(row.covered),
    unpublished: spanSetOf(row.unpublished),
    lastRun: lastRun === null ? null : { ...lastRun, counts: { ...NO_COUNTS, ...lastRun.counts } },
    backfills: (backfills ?? []).flatMap(({ range, ...one }) =>
      parseRanges(range).map((whole) => ({ ...one, range: whole })),
    ),
  }));
}

function redactedOf({
  view,
  pause,
  waitingRun,
  lastFailure,
}: Pick<ViewRow, 'view' | 'pause' | 'waitingRun' | 'lastFailure'>) {
  const of = { isRedacted: view.redacted };
  return {
    pause: redactPause(pause, of),
    waitingRun: waitingRun === null ? null : redactWaiting(waitingRun, of),
    lastFailure: lastFailure === null ? null : { id: lastFailure.id, ...redactError(lastFailure.error, of) },
  };
}

function redactWaiting({ error, wait, ...run }: NonNullable<ViewRow['waitingRun']>, view: ViewRedaction): WaitingRun {
  return {
    ...run,
    error: error === null ? null : redactError(error, view),
    wait: redactWait(wait, view),
  };
}

/** A message may quote a value of any length, and a page has many. The row of the run has the full text. */
const TEXT_CHARACTERS = 2_000;

// A view that had intervals before its kind was edited keeps its coverage, in case it has intervals again.
const ofIntervals = (set: string) => `case when v.kind in ('latest', 'pushed') then '{}' else ${set} end`;

// Each is used several times: without the offset it would be computed each time.
const SETS_OF_VIEW = `
  select ${ofIntervals(`coalesce(tstzmultirange(tstzrange(v.start_at,
                    greatest(v.start_at, upper(c.covered + c.skipped))))
                  - c.covered - c.skipped, '{}')`)} as holes,
         ${ofIntervals('c.held')} as held, ${ofIntervals('c.stale')} as stale, ${ofIntervals('c.stale - c.held')} as rereads,
         ${ofIntervals('c.skipped')} as skipped, ${ofIntervals('c.emptied')} as emptied,
         ${ofIntervals(`c.covered * c.unreadable
           - tstzmultirange(tstzrange(null, coalesce(upper(c.covered - c.unreadable), '-infinity')))`)} as unnamed,
         ${ofIntervals('c.covered')} as covered, c.covered - c.published as unpublished
  offset 0`;

// One statement for thousands of views: open runs and backfills are few and are grouped once; for closed runs, an index
// finds the newest one and the newest failed one.
const VIEWS = `
  with open as (
    select view_id, count(*) as open, count(*) filter (where owner is not null) as active,
           min(id) filter (where owner is null and waiting_for is not null) as waiting,
           min(id) filter (where state = 'planned' and owner is null and waiting_for is null) as idle
      from millrace.run where state ${IN.open} group by view_id),
  alive as (
    select count(*) filter (where kind = 'worker') as workers, count(*) filter (where kind = 'scheduler') as schedulers
      from millrace.process p where ${IS_ALIVE}),
  backfills as (
    select view_id, jsonb_agg(jsonb_build_object('id', id, 'state', state, 'mode', mode, 'range', range::text) order by id) as list
      from millrace.backfill where state ${IN_OPEN} group by view_id)
  select v.spec as view, v.edited_fingerprint is not null as edited, v.retired_at is not null as retired,
         ${PAUSE} as pause, v.paused_kind is not null as "isPaused", v.rebuild_reason as "rebuildReason",
         v.failed_in_a_row as "failedInARow", ${MS('v.applied_at')} as "appliedAt", ${MS('millrace.now()')} as now,
         case when v.kind in ('latest', 'pushed') then ${MS('c.last_good')}
           else ${MS('millrace.watermark(v, c)')} end as watermark,
         case when v.kind in ('latest', 'pushed') then null else ${MS('millrace.frontier(v)')} end as frontier,
         ${SETS.map((set) => `${spanSetSql(`sets.${set}`)} as ${set}`).join(', ')},
         case when isempty(c.held) then 0 else (select coalesce(extract(epoch from sum(upper(part) - lower(part))) * 1000, 0)::bigint
            from unnest(c.held * c.covered) part) end as "heldAndCoveredMs", c.rows,
         ${HELD_CAUSES} as "heldCauses", away.outages,
         coalesce(left_out.units, 0)::float8::bigint as "leftUnits",
         ${INBOX_ROWS} as "inboxRows",
         coalesce(open.open, 0)::int as "openRuns", coalesce(open.active, 0)::int as "activeRuns",
         waiting.run as "waitingRun", idle.run as "idleRun",
         alive.workers::int as "workersAlive", alive.schedulers::int as "schedulersAlive",
         not isempty(c.held) and coalesce(failure.span @> c.held, false) as "isHeldByLastFailure",
         last.run as "lastRun", failure.run as "lastFailure", backfills.list as backfills
    from millrace.view v
    join millrace.coverage c on c.view_id = v.id
   cross join lateral (${SETS_OF_VIEW}) sets
   cross join alive
   cross join ${OUTAGES} away
    left join open on open.view_id = v.id
    left join lateral (
      select ceil(extract(epoch from sum(upper(part) - lower(part))) / extract(epoch from v.unit)) as units
        from (select range_agg(b.span) as span from millrace.backlog b where b.view_id = v.id) backlog,
             unnest(backlog.span * (millrace.due(v, c, millrace.frontier(v)) - coalesce((
               select range_agg(r.span) from millrace.run r
                where r.view_id = v.id and r.state ${IN.unstored}), '{}'))) part
       where exists (select from millrace.backlog b where b.view_id = v.id)) left_out on true
    left join backfills on backfills.view_id = v.id
    left join lateral (
      select jsonb_build_object('id', id, 'state', state, 'wait', ${shortWait('waiting_for')},
               'error', ${shortError('error', TEXT_CHARACTERS)}, 'attempt', attempt,
               'attemptsMax', ${ATTEMPTS_MAX}, 'nextAttemptAt', ${NEXT_ATTEMPT}) as run
        from millrace.run where id = open.waiting) waiting on true
    left join lateral (
      select jsonb_build_object('id', id, 'plannedAt', ${MS('planned_at')}) as run
        from millrace.run where id = open.idle) idle on true
    left join lateral (
      select jsonb_build_object('id', id, 'state', state, 'at', ${MS('coalesce(closed_at, started_at, planned_at)')},
               'counts', counts, 'warnings', ${WARNINGS}) as run
        from millrace.run where view_id = v.id order by id desc limit 1) last on true
    left join lateral (
      select jsonb_build_object('id', id, 'error', ${shortError('error', TEXT_CHARACTERS)}) as run, span
        from millrace.run where view_id = v.id and state = 'failed' order by id desc limit 1) failure on true
   where $1::text[] is null or v.name = any($1)
   order by v.name`;

// What people ask of the state: each view as it stands, and its runs. Reads only.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import { parseRanges } from '../postgres/range.ts';
import type { RunError } from './close.ts';
import {
  DEFAULT_RUN_OPTIONS,
  NO_COUNTS,
  type RunCounts,
  type RunReason,
  type RunState,
  type StageName,
} from './run.ts';

/** Whether anything was ever applied to this database. */
export async function isStatePresent(database: Database): Promise<boolean> {
  const [row] = await database.query<{ present: boolean }>(
    `select to_regclass('millrace.view') is not null as present`,
  );
  return row?.present === true;
}

/** The clock that decides about data, also where nothing has been applied yet. */
export async function databaseNow(database: Database): Promise<EpochMs> {
  const now = (await isStatePresent(database)) ? 'millrace.now()' : 'clock_timestamp()';
  const [row] = await database.query<{ at: number }>(`select floor(extract(epoch from ${now}) * 1000)::bigint as at`);
  return epochMsOf(row?.at ?? 0);
}

export type ViewOverview = {
  readonly view: FeatureView;
  /** Waits for `apply` to be told what an edit means. */
  readonly edited: boolean;
  readonly retired: boolean;
  readonly pausedReason: string | null;
  readonly rebuildReason: string | null;
  readonly watermark: EpochMs | null;
  readonly frontier: EpochMs | null;
  /** Gaps in the coverage before its end; what is held is one of them. */
  readonly holes: readonly Interval[];
  readonly held: readonly Interval[];
  readonly stale: readonly Interval[];
  readonly skipped: readonly Interval[];
  readonly covered: readonly Interval[];
  /** Stored offline and not yet said online. */
  readonly unpublished: readonly Interval[];
  /** Rows stored offline, as the runs counted them. */
  readonly rows: number;
  readonly openRuns: number;
  /** Those of the open runs that a worker is at. */
  readonly activeRuns: number;
  /** The oldest of the open runs that wait. */
  readonly waitingRun: WaitingRun | null;
  readonly lastRun: { readonly id: number; readonly state: RunState; readonly at: EpochMs } | null;
  /** What the newest failed run says of itself. */
  readonly lastFailure: { readonly id: number; readonly code: string; readonly message: string } | null;
};

/** An open run that nobody is at: a retry is due later, or its time has not come. */
export type WaitingRun = Pick<
  RunOverview,
  'id' | 'state' | 'waitingFor' | 'error' | 'attempt' | 'attemptsMax' | 'nextAttemptAt'
>;

type Ranges = 'holes' | 'held' | 'stale' | 'skipped' | 'covered' | 'unpublished';
type ViewRow = Omit<ViewOverview, Ranges> & { readonly [R in Ranges]: string };

/** Every view that was ever applied, by name. */
export async function viewOverviews(database: Database): Promise<ViewOverview[]> {
  const rows = await database.query<ViewRow>(VIEWS);
  return rows.map((row) => ({
    ...row,
    holes: parseRanges(row.holes),
    held: parseRanges(row.held),
    stale: parseRanges(row.stale),
    skipped: parseRanges(row.skipped),
    covered: parseRanges(row.covered),
    unpublished: parseRanges(row.unpublished),
  }));
}

const MS = (instant: string) => `(extract(epoch from ${instant}) * 1000)::bigint`;
const ATTEMPTS_MAX = `coalesce((options->>'attempts')::int, ${DEFAULT_RUN_OPTIONS.attempts})`;
const NEXT_ATTEMPT = `case when not_before > millrace.now() then ${MS('not_before')} end`;

const VIEWS = `
  select v.spec as view, v.edited_fingerprint is not null as edited, v.retired_at is not null as retired,
         v.paused_reason as "pausedReason", v.rebuild_reason as "rebuildReason",
         case v.spec->>'kind' when 'latest' then ${MS('c.last_good')}
           else ${MS('millrace.watermark(v.spec, c.covered, c.skipped)')} end as watermark,
         case v.spec->>'kind' when 'latest' then null else ${MS('millrace.frontier(v.spec)')} end as frontier,
         coalesce(tstzmultirange(tstzrange(millrace.instant(v.spec->'start'),
                    greatest(millrace.instant(v.spec->'start'), upper(c.covered + c.skipped))))
                  - c.covered - c.skipped, '{}')::text as holes,
         c.held::text as held, c.stale::text as stale, c.skipped::text as skipped, c.covered::text as covered,
         (c.covered - c.published)::text as unpublished,
         coalesce(runs.rows, 0)::bigint as rows, runs.open::int as "openRuns", runs.active::int as "activeRuns",
         waiting.run as "waitingRun", last.run as "lastRun", failure.run as "lastFailure"
    from millrace.view v
    join millrace.coverage c on c.view_id = v.id
    cross join lateral (
      select sum((counts->>'inserted')::bigint - (counts->>'removed')::bigint) as rows,
             count(*) filter (where state in ('planned', 'active', 'committed')) as open,
             count(*) filter (where state in ('planned', 'active', 'committed') and owner is not null) as active
        from millrace.run where view_id = v.id) runs
    left join lateral (
      select jsonb_build_object('id', id, 'state', state, 'waitingFor', waiting_for, 'error', error, 'attempt', attempt,
               'attemptsMax', ${ATTEMPTS_MAX}, 'nextAttemptAt', ${NEXT_ATTEMPT}) as run
        from millrace.run
       where view_id = v.id and state in ('planned', 'committed') and owner is null and waiting_for is not null
       order by id limit 1) waiting on true
    left join lateral (
      select jsonb_build_object('id', id, 'state', state, 'at', ${MS('coalesce(closed_at, started_at, planned_at)')}) as run
        from millrace.run where view_id = v.id order by id desc limit 1) last on true
    left join lateral (
      select jsonb_build_object('id', id, 'code', error->>'code', 'message', error->>'message') as run
        from millrace.run where view_id = v.id and state = 'failed' order by id desc limit 1) failure on true
   order by v.name`;

export type RunOverview = {
  readonly id: number;
  readonly view: string;
  readonly span: Interval | null;
  readonly reason: RunReason;
  readonly state: RunState;
  /** The stage that is being done, is next, or was the last one begun. */
  readonly stage: StageName;
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly owner: string | null;
  /** Until when that owner has it, unless it says again that it is alive. */
  readonly leaseUntil: EpochMs | null;
  readonly counts: RunCounts;
  /** What the newest failed attempt says, as long as the run is open or where it has failed; else null. */
  readonly error: RunError | null;
  readonly notes: readonly string[];
  readonly waitingFor: string | null;
  /** Until the next attempt may begin. */
  readonly waitMs: number;
  /** When that is, where it is still to come. */
  readonly nextAttemptAt: EpochMs | null;
  readonly plannedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly committedAt: EpochMs | null;
  readonly closedAt: EpochMs | null;
};

export type RunFilter = {
  readonly view?: string | null;
  readonly ids?: readonly number[];
  readonly states?: readonly RunState[];
  readonly limit?: number;
};

/** The newest runs that pass the filter, newest first. */
export async function runOverviews(database: Database, filter: RunFilter): Promise<RunOverview[]> {
  const rows = await database.query<
    Omit<RunOverview, 'span' | 'counts'> & { span: string; counts: Partial<RunCounts> }
  >(
    `select r.id, v.name as view, r.span::text as span, r.reason, r.state, r.stage, r.attempt, ${ATTEMPTS_MAX} as "attemptsMax", r.owner,
            ${MS('r.lease_until')} as "leaseUntil", r.counts,
            case when r.state not in ('done', 'cancelled', 'superseded') then r.error end as error, r.notes, r.waiting_for as "waitingFor",
            ceil(greatest(0, coalesce(extract(epoch from r.not_before - millrace.now()), 0) * 1000))::int as "waitMs",
            case when r.closed_at is null then ${NEXT_ATTEMPT} end as "nextAttemptAt",
            ${MS('r.planned_at')} as "plannedAt", ${MS('r.started_at')} as "startedAt",
            ${MS('r.committed_at')} as "committedAt", ${MS('r.closed_at')} as "closedAt"
       from millrace.run r join millrace.view v on v.id = r.view_id
      where ($1::text is null or v.name = $1) and ($2::bigint[] is null or r.id = any($2))
        and ($3::text[] is null or r.state = any($3))
      order by r.id desc limit $4`,
    [filter.view ?? null, filter.ids ?? null, filter.states ?? null, filter.limit ?? null],
  );
  return rows.map((row) => ({
    ...row,
    span: parseRanges(row.span)[0] ?? null,
    counts: { ...NO_COUNTS, ...row.counts },
  }));
}

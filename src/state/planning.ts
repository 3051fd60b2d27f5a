// What is due, and the runs for it: decided in one transaction under the view's advisory lock (DESIGN 4).

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';
import { skippedBy } from '../plan/catch-up.ts';
import { cutIntoRuns } from '../plan/cut.ts';
import type { Database, Session } from '../postgres/database.ts';
import { multirangeLiteral, parseRanges, rangeLiteral } from '../postgres/range.ts';
import type { RunOptions, RunReason } from './run.ts';
import { type AppliedView, requireAppliedView } from './views.ts';

/** A part of time, without an end where one is null. */
export type TimeRange = { readonly from: EpochMs | null; readonly to: EpochMs | null };

const ALL_TIME: TimeRange = { from: null, to: null };
const isPart = ({ from, to }: TimeRange) => from !== null || to !== null;

/** What a tick or a command would run for a view, and when more will be due. */
export type DuePlan = {
  /** Spans of the runs to come, oldest first; one null span for a view of kind latest. */
  readonly runs: readonly (Interval | null)[];
  /** Covered units to be read again because newer ones are due. */
  readonly lookback: readonly Interval[];
  /** Missed time that the view's catch_up leaves out. */
  readonly skipped: readonly Interval[];
  /** The newest settled interval end. */
  readonly frontier: EpochMs | null;
};

/**
 * Plans the runs that are due and returns their ids, oldest first. With nothing new it changes nothing and returns none;
 * a view that is edited, paused or retired has nothing due. Only what lies `within` is planned.
 */
export async function planDue(
  database: Database,
  applied: AppliedView,
  reason: RunReason,
  options: RunOptions,
  within: TimeRange = ALL_TIME,
): Promise<number[]> {
  return database.transaction(async (session) => {
    await lockPlanning(session, applied.id);
    return planLocked(session, applied, { reason, options, within });
  });
}

/** Takes the lock under which a view is planned: before `coverage`, like everywhere. */
export async function lockPlanning(session: Session, viewId: number): Promise<void> {
  await session.run('select pg_advisory_xact_lock(hashtextextended($1, 1))', [`millrace.plan.${viewId}`]);
}

export type Planning = { readonly reason: RunReason; readonly options: RunOptions; readonly within: TimeRange };

/** `planDue` in a transaction that holds the lock. */
export async function planLocked(
  session: Session,
  applied: AppliedView,
  { reason, options, within }: Planning,
): Promise<number[]> {
  // As it is now, under the lock: it may have been edited, paused or retired since the caller looked.
  const current = await requireAppliedView(session, applied.view.name);
  const plan = await duePlan(session, current, within);
  if (!isPart(within)) await recordTick(session, current, plan);
  if (plan.runs.length === 0) return [];
  const rows = await session.query<{ id: number }>(
    `insert into millrace.run (view_id, span, reason, fingerprint, options)
       select $1, span::tstzrange, $3, $5, $4
         from unnest($2::text[]) with ordinality as s(span, place)
        order by place
       returning id`,
    [applied.id, plan.runs.map(rangeLiteral), reason, JSON.stringify(options), current.data],
  );
  return rows.map((row) => row.id);
}

/** What `planDue` would do now: reads only. */
export async function duePlan(
  session: Session | Database,
  applied: AppliedView,
  within: TimeRange = ALL_TIME,
): Promise<DuePlan> {
  if (applied.edited !== null || applied.retired || applied.pausedReason !== null) return NOTHING_DUE;
  if (applied.view.kind === 'latest') return latestDue(session, applied);
  const [row] = await session.query<{ due: string; missed: string; lookback: string; frontier: number }>(DUE, [
    applied.id,
    within.from === null ? null : new Date(within.from).toISOString(),
    within.to === null ? null : new Date(within.to).toISOString(),
  ]);
  if (row === undefined) return NOTHING_DUE;
  const skipped = isPart(within) ? [] : skippedBy(applied.view.catchUp, parseRanges(row.missed), applied.view.unitMs);
  const due = skipped.length === 0 ? row.due : await subtract(session, row.due, skipped);
  return {
    runs: cutIntoRuns(applied.view, parseRanges(due)),
    skipped,
    lookback: parseRanges(row.lookback),
    frontier: epochMsOf(row.frontier),
  };
}

// Three sets: what is due; of it the gaps from before the last tick, about which catch_up decides; and the covered units
// that become stale because units after the end of coverage are due.
const DUE = `
  with facts as (
    select v.spec, c as coverage, millrace.frontier(v.spec) as frontier,
           coalesce((select range_agg(span) from millrace.run r
                      where r.view_id = v.id and r.state in ('planned', 'active')), '{}'::tstzmultirange) as open,
           coalesce((select range_agg(span) from millrace.run r
                      where r.view_id = v.id and r.state in ('failed', 'cancelled', 'superseded')
                        and not lower_inf(span)), '{}'::tstzmultirange) as tried
      from millrace.view v join millrace.coverage c on c.view_id = v.id where v.id = $1),
  sets as (
    select *, millrace.due(spec, coverage, frontier) - open as due, upper((coverage).covered) as covered_until
      from facts),
  aged as (
    select *, case when (due - (coverage).covered) && tstzmultirange(tstzrange(covered_until, null))
                   then (coverage).covered * tstzmultirange(tstzrange(
                          covered_until - millrace.unit(spec) * (spec->>'lookbackUnits')::int, covered_until))
                   else '{}'::tstzmultirange end as lookback
      from sets)
  select ((due + lookback - (coverage).held - open)
            * tstzmultirange(tstzrange($2::timestamptz, $3::timestamptz)))::text as due, lookback::text as lookback,
         ((due - (coverage).covered - tried) * tstzmultirange(tstzrange(null, (coverage).frontier)))::text as missed,
         (extract(epoch from frontier) * 1000)::bigint as frontier
    from aged`;

async function subtract(session: Session | Database, due: string, skipped: readonly Interval[]): Promise<string> {
  const [left] = await session.query<{ due: string }>('select ($1::tstzmultirange - $2::tstzmultirange)::text as due', [
    due,
    multirangeLiteral(skipped),
  ]);
  return left?.due ?? '{}';
}

const NOTHING_DUE: DuePlan = { runs: [], lookback: [], skipped: [], frontier: null };

async function latestDue(session: Session | Database, applied: AppliedView): Promise<DuePlan> {
  const [row] = await session.query<{ open: boolean }>(
    `select exists (select from millrace.run where view_id = $1 and state in ('planned', 'active')) as open`,
    [applied.id],
  );
  return row?.open === true ? NOTHING_DUE : { ...NOTHING_DUE, runs: [null] };
}

async function recordTick(session: Session, applied: AppliedView, plan: DuePlan): Promise<void> {
  if (plan.frontier === null) return;
  await session.run(
    `update millrace.coverage
        set stale = stale + $2::tstzmultirange, skipped = skipped + $3::tstzmultirange, frontier = $4::timestamptz
      where view_id = $1 and (frontier is distinct from $4 or not $2 <@ stale or not $3 <@ skipped)`,
    [
      applied.id,
      multirangeLiteral(plan.lookback),
      multirangeLiteral(plan.skipped),
      new Date(plan.frontier).toISOString(),
    ],
  );
  if (plan.lookback.length > 0) {
    await session.run(
      `insert into millrace.event (view_id, kind, span, note) values ($1, 'stale', $2::tstzmultirange, 'lookback')`,
      [applied.id, multirangeLiteral(plan.lookback)],
    );
  }
  if (plan.skipped.length === 0) return;
  await session.run(
    `insert into millrace.event (view_id, kind, span, note) values ($1, 'skipped', $2::tstzmultirange, $3)`,
    [applied.id, multirangeLiteral(plan.skipped), `catch_up: ${applied.view.catchUp}`],
  );
}

/** When the next unit of the view will be settled; null where its time has ended or it has no units. */
export async function nextDue(database: Database, applied: AppliedView): Promise<EpochMs | null> {
  if (applied.view.kind === 'latest') return null;
  const [row] = await database.query<{ at: number | null }>(
    `select (extract(epoch from greatest(millrace.frontier(spec), millrace.instant(spec->'start')) + millrace.unit(spec)
              + make_interval(secs => (spec->>'settleMs')::float8 / 1000)) * 1000)::bigint as at
       from millrace.view
      where id = $1 and (spec->>'end' is null or millrace.frontier(spec) < millrace.instant(spec->'end'))`,
    [applied.id],
  );
  return row?.at == null ? null : epochMsOf(row.at);
}

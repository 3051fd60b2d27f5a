// What is due, and the runs for it: decided in one transaction under the view's advisory lock (DESIGN 4).

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type DuePlan, type DueSets, duePlanOf, NOTHING_DUE } from '../plan/due.ts';
import type { Database, Session } from '../postgres/database.ts';
import { dueSets, type TimeRange } from './due-sets.ts';
import { insertRuns, recordTicks, type ViewPlan } from './record-plan.ts';
import type { RunOptions, RunReason } from './run.ts';
import { type AppliedView, appliedViewsOf, requireNotPaused } from './views.ts';

export type { TimeRange } from './due-sets.ts';

export const ALL_TIME: TimeRange = { from: null, to: null };

/** Why something is planned, how it is to run, and which part of what is due. */
export type Planning = {
  readonly reason: RunReason;
  readonly options: RunOptions;
  readonly within: TimeRange;
  /** For catch_up: gaps that were settled by then were missed; without it those of before the last tick. */
  readonly missedBefore?: EpochMs | null;
};

/**
 * Plans the runs that are due and returns their ids, oldest first. With nothing new it changes nothing and returns none;
 * a view that is edited or retired has nothing due. Only what lies `within` is planned.
 *
 * @throws Failure VIEW_PAUSED, but for the schedule, which passes a paused view by.
 */
export async function planDue(
  database: Database,
  applied: AppliedView,
  reason: RunReason,
  options: RunOptions,
  within: TimeRange = ALL_TIME,
): Promise<number[]> {
  return planView(database, applied.id, { reason, options, within });
}

/** `planDue` with everything that a tick knows. */
export async function planView(database: Database, viewId: number, planning: Planning): Promise<number[]> {
  return database.transaction(async (session) => {
    await lockPlanning(session, viewId);
    return planLocked(session, viewId, planning);
  });
}

const LOCK_NAME = 'millrace.plan.';

/** Takes the lock under which a view is planned: before `coverage`, like everywhere. */
export async function lockPlanning(session: Session, viewId: number): Promise<void> {
  await session.run('select pg_advisory_xact_lock(hashtextextended($1, 1))', [`${LOCK_NAME}${viewId}`]);
}

/** `planDue` in a transaction that holds the lock. */
export async function planLocked(session: Session, viewId: number, planning: Planning): Promise<number[]> {
  return planAllLocked(session, [viewId], planning);
}

export type PlannedAtOnce = {
  readonly runs: readonly number[];
  /** Views that are being planned or committed right now: whoever plans them waits for that. */
  readonly left: readonly number[];
};

/** `planDue` for many views in one transaction that waits for nobody. Where one of them cannot be planned, none is. */
export async function planAtOnce(
  database: Database,
  viewIds: readonly number[],
  planning: Planning,
): Promise<PlannedAtOnce> {
  return database.transaction(async (session) => {
    const free = await lockFree(session, viewIds);
    const runs = free.length === 0 ? [] : await planAllLocked(session, free, planning);
    return { runs, left: viewIds.filter((id) => !free.includes(id)) };
  });
}

async function lockFree(session: Session, viewIds: readonly number[]): Promise<number[]> {
  const planned = await session.query<{ id: number; free: boolean }>(
    `select id, pg_try_advisory_xact_lock(hashtextextended($2 || id, 1)) as free from unnest($1::bigint[]) id`,
    [viewIds, LOCK_NAME],
  );
  const free = planned.flatMap((view) => (view.free ? [view.id] : []));
  // A commit holds the coverage as long as it merges, and the plan would wait for it when it is written down.
  const rows = await session.query<{ id: number }>(
    'select view_id as id from millrace.coverage where view_id = any($1) for update skip locked',
    [free],
  );
  return rows.map(({ id }) => id);
}

async function planAllLocked(session: Session, viewIds: readonly number[], planning: Planning): Promise<number[]> {
  const { reason, within, missedBefore = null } = planning;
  // As they are now, under the lock: one may have been edited, paused or retired since the caller looked.
  const views = await appliedViewsOf(session, viewIds);
  if (reason !== 'schedule') views.forEach(requireNotPaused);
  const plannable = views.filter(mayRun);
  const sets = await dueSets(
    session,
    plannable.map(({ id }) => id),
    { within, missedBefore },
  );
  const planned = plannable.flatMap((applied): ViewPlan[] => {
    const found = sets.get(applied.id);
    return found === undefined ? [] : [{ applied, plan: planOf(applied, found, within) }];
  });
  if (!isPart(within)) await recordTicks(session, planned);
  return insertRuns(session, planned, planning);
}

/** What `planDue` would do now: reads only. */
export async function duePlan(
  session: Session | Database,
  applied: AppliedView,
  within: TimeRange = ALL_TIME,
  missedBefore: EpochMs | null = null,
): Promise<DuePlan> {
  if (!mayRun(applied)) return NOTHING_DUE;
  const sets = await dueSets(session, [applied.id], { within, missedBefore });
  const found = sets.get(applied.id);
  return found === undefined ? NOTHING_DUE : planOf(applied, found, within);
}

function mayRun({ edited, retired, pausedReason }: AppliedView): boolean {
  return edited === null && !retired && pausedReason === null;
}

/** catch_up decides only where all that is due is asked for: who names a part of time wants that part. */
function planOf({ view }: AppliedView, sets: DueSets, within: TimeRange): DuePlan {
  return duePlanOf(view, isPart(within) ? { ...sets, missed: [] } : sets);
}

function isPart({ from, to }: TimeRange): boolean {
  return from !== null || to !== null;
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

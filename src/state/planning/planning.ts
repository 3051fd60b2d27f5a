// What is due, and the runs for it: decided in one transaction under the view's advisory lock.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import {
  type DuePlan,
  type DueSets,
  duePlanOf,
  NOTHING_DUE,
  OPEN_RUNS_MAX,
  RESTATED_RUNS_MAX,
  restatedPlanOf,
} from '../../plan/due.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { lockPlanning, tryLockCoverage, tryLockPlanning } from '../locks.ts';
import { insertRuns, type NewRun } from '../runs/insert.ts';
import type { RunOptions, RunReason } from '../runs/run.ts';
import { type AppliedView, appliedViewsOf, requireNotPaused } from '../views/views.ts';
import { addToBacklog, shrinkBacklog } from './backlog.ts';
import { type DueScope, dueSets, type TimeRange } from './due-sets.ts';
import { recordSkipped, recordTicks, type ViewPlan } from './record-plan.ts';

export type { TimeRange } from './due-sets.ts';

export const ALL_TIME: TimeRange = { from: null, to: null };

/** Why something is planned, how it runs, and which part of the due time. */
export type Planning = {
  readonly reason: RunReason;
  readonly options: RunOptions;
  readonly within: TimeRange;
  /** For catch_up: gaps that were settled by then were missed; by default those before the last tick. */
  readonly missedBefore?: EpochMs | null;
  /** The row of the backlog to plan. */
  readonly backlog?: number;
};

/** The planned runs, oldest first, and the due units that are left out until some of them close. */
export type Planned = { readonly runs: readonly number[]; readonly left: readonly LeftUnits[] };

export type LeftUnits = { readonly view: string; readonly units: number };

/**
 * Plans the due runs and returns their ids, oldest first. With nothing new it changes nothing and returns none; an
 * edited or retired view has nothing due. Plans only time `within`, up to the view's limit of open runs
 * (`OPEN_RUNS_MAX`): the rest is recorded and planned as runs close.
 *
 * @throws Failure VIEW_PAUSED, except for the schedule, which skips paused views.
 */
export async function planDue(
  database: Database,
  applied: AppliedView,
  reason: RunReason,
  options: RunOptions,
  within: TimeRange = ALL_TIME,
): Promise<number[]> {
  return (await planView(database, applied.id, { reason, options, within })).runs.slice();
}

/** `planDue` with everything that a tick knows. */
export async function planView(database: Database, viewId: number, planning: Planning): Promise<Planned> {
  return database.transaction(async (session) => {
    await lockPlanning(session, viewId);
    return planLocked(session, viewId, planning);
  });
}

/** `planDue` in a transaction that holds the lock. */
export async function planLocked(session: Session, viewId: number, planning: Planning): Promise<Planned> {
  return planAllLocked(session, [viewId], planning);
}

export type PlannedTogether = Planned & {
  /** Views to plan individually: they are being planned or committed right now, or have very many runs. */
  readonly others: readonly number[];
};

/**
 * `planDue` for many views in one transaction, without waiting for locks and with at most as many runs as one view may
 * have. If one of them cannot be planned, none is.
 */
export async function planTogether(
  database: Database,
  viewIds: readonly number[],
  planning: Planning,
): Promise<PlannedTogether> {
  return database.transaction(async (session) => {
    const free = await lockFree(session, viewIds);
    const planned = free.length === 0 ? NONE : await planAllLocked(session, free, planning);
    const others = viewIds.filter((id) => !free.includes(id) || planned.others.includes(id));
    return { ...planned, others };
  });
}

const NONE: PlannedTogether = { runs: [], left: [], others: [] };

/** A commit holds the coverage lock while it merges, and recording the plan would wait for it. */
async function lockFree(session: Session, viewIds: readonly number[]): Promise<number[]> {
  return tryLockCoverage(session, await tryLockPlanning(session, viewIds));
}

async function planAllLocked(
  session: Session,
  viewIds: readonly number[],
  planning: Planning,
): Promise<PlannedTogether> {
  const { reason, within, missedBefore = null, backlog = null } = planning;
  const scope = { within, missedBefore, backlog };
  // Read again under the lock: a view may have been edited, paused or retired in the meantime.
  const views = await appliedViewsOf(session, viewIds);
  if (reason !== 'schedule' && backlog === null) views.forEach(requireNotPaused);
  const all = await viewPlans(session, views.filter(mayRun), scope, plannerOf(reason, backlog));
  const planned = fittingTogether(all);
  if (reason === 'restate') await recordRestatement(session, planned, { ...planning, scope });
  else if (isOfAll(scope)) await recordTicks(session, planned, { ...planning, scope });
  return {
    runs: await insertRuns(session, planned.flatMap(newRunsOf), planning),
    left: planned.flatMap(({ applied, plan }) =>
      plan.leftOut === null ? [] : [{ view: applied.view.name, units: plan.leftUnits }],
    ),
    others: all.slice(planned.length).map(({ applied }) => applied.id),
  };
}

type Planner = (view: FeatureView, sets: DueSets) => DuePlan;

function plannerOf(reason: RunReason, backlog: number | null): Planner {
  if (reason !== 'restate') return duePlanOf;
  return backlog === null ? restatedPlanOf : (view, sets) => duePlanOf(view, sets, RESTATED_RUNS_MAX);
}

function newRunsOf({ applied, plan }: ViewPlan): NewRun[] {
  return plan.runs.map((span) => ({ viewId: applied.id, fingerprint: applied.data, span }));
}

async function viewPlans(
  session: Session | Database,
  views: readonly AppliedView[],
  scope: DueScope,
  planOf: Planner,
): Promise<ViewPlan[]> {
  const ids = views.map(({ id }) => id);
  const sets = await dueSets(session, ids, scope);
  return views.flatMap((applied): ViewPlan[] => {
    const found = sets.get(applied.id);
    if (found === undefined) return [];
    return [{ applied, plan: planOf(applied.view, found), hasBacklog: found.hasBacklog }];
  });
}

/** As many of the plans as one transaction may hold; at least the first. */
function fittingTogether(plans: readonly ViewPlan[]): readonly ViewPlan[] {
  let runs = 0;
  const beyond = plans.findIndex(({ plan }, index) => {
    runs += plan.runs.length;
    return index > 0 && runs > OPEN_RUNS_MAX;
  });
  return beyond === -1 ? plans : plans.slice(0, beyond);
}

/** What a restatement leaves out is separate: ticks plan new due time and record how far they have seen. */
async function recordRestatement(
  session: Session,
  planned: readonly ViewPlan[],
  planning: Planning & { readonly scope: DueScope },
): Promise<void> {
  await recordSkipped(session, planned, planning.scope);
  for (const { applied, plan } of planned) {
    if (planning.backlog !== undefined) await shrinkBacklog(session, planning.backlog, plan.leftOut?.start ?? null);
    else if (plan.leftOut !== null) await addToBacklog(session, applied.id, plan.leftOut, planning);
  }
}

/** What `planDue` would do now: reads only. */
export async function duePlan(
  session: Session | Database,
  applied: AppliedView,
  within: TimeRange = ALL_TIME,
  missedBefore: EpochMs | null = null,
): Promise<DuePlan> {
  if (!mayRun(applied)) return NOTHING_DUE;
  const [found] = await viewPlans(session, [applied], { within, missedBefore }, duePlanOf);
  return found?.plan ?? NOTHING_DUE;
}

/** Whether the view's state allows planning. */
export function mayRun({ edited, retired, pause }: AppliedView): boolean {
  return edited === null && !retired && pause === null;
}

/**
 * Whether all due time is requested: such a plan is a tick, which records what it saw, and catch_up applies. A request
 * with a range wants exactly that range.
 */
function isOfAll({ within: { from, to } }: DueScope): boolean {
  return from === null && to === null;
}

/** When the next unit of the view will be settled; null if its time has ended or it has no units. */
export async function nextDue(database: Database, applied: AppliedView): Promise<EpochMs | null> {
  if (!hasIntervals(applied.view.kind)) return null;
  const [row] = await database.query<{ at: number | null }>(
    `select (extract(epoch from greatest(millrace.frontier(v), start_at) + unit + settle) * 1000)::bigint as at
       from millrace.view v where id = $1 and (end_at is null or millrace.frontier(v) < end_at)`,
    [applied.id],
  );
  return row?.at == null ? null : epochMsOf(row.at);
}

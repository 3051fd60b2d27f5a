// Records plans: the runs, and the progress of each view. Runs in the transaction that holds the views' locks.

import type { EpochMs } from '../../core/instant.ts';
import type { DuePlan } from '../../plan/due.ts';
import { multirangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { eventsSql, noteSql } from '../events.ts';
import type { RunOptions, RunReason } from '../runs/run.ts';
import type { AppliedView } from '../views/views.ts';
import { replaceBacklog } from './backlog.ts';
import { type DueScope, dueValues, SETS_OF_DUE } from './due-sets.ts';

/** `hasBacklog`: an earlier plan left out units that may not all be planned yet. */
export type ViewPlan = { readonly applied: AppliedView; readonly plan: DuePlan; readonly hasBacklog: boolean };

export type PlannedFor = { readonly reason: RunReason; readonly options: RunOptions };

type Seen = ViewPlan & { readonly plan: { readonly frontier: EpochMs } };

/**
 * Records how far each view was checked, what became stale, what was skipped, and what was left out. Writes nothing if
 * nothing changed.
 */
export async function recordTicks(
  session: Session,
  planned: readonly ViewPlan[],
  { scope, ...planning }: PlannedFor & { readonly scope: DueScope },
): Promise<void> {
  const seen = planned.filter((one): one is Seen => one.plan.frontier !== null);
  if (seen.length === 0) return;
  // First, because the old frontier decides what was missed.
  await recordSkipped(session, seen, scope);
  await session.run(
    `with seen as (
       select view_id, lookback::tstzmultirange as lookback, frontier
         from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as s(view_id, lookback, frontier)),
     noted as (
       ${eventsSql(`select view_id, null, 'stale', lookback, null, ${noteSql('lookback')} from seen where not isempty(lookback)`)})
     update millrace.coverage c set stale = c.stale + s.lookback, frontier = s.frontier
       from seen s
      where c.view_id = s.view_id and (c.frontier is distinct from s.frontier or not s.lookback <@ c.stale)`,
    [
      seen.map(({ applied }) => applied.id),
      seen.map(({ plan }) => multirangeLiteral(plan.lookback)),
      seen.map(({ plan }) => new Date(doneUntil(plan)).toISOString()),
    ],
  );
  await replaceBacklog(session, seen, planning);
}

/** The frontier stops at the first unit that is left out, so that it never counts as missed. */
function doneUntil({ frontier, leftOut }: Seen['plan']): number {
  return leftOut === null ? frontier : Math.min(frontier, leftOut.start);
}

/** Records what catch_up skips. The set stays in the database: it may have as many parts as there are units. */
export async function recordSkipped(session: Session, planned: readonly ViewPlan[], scope: DueScope): Promise<void> {
  const ids = planned.filter(({ plan }) => plan.skippedUnits > 0).map(({ applied }) => applied.id);
  if (ids.length === 0) return;
  await session.run(
    `${SETS_OF_DUE},
     written as (
       update millrace.coverage c set skipped = c.skipped + p.skipped
         from planned p where c.view_id = p.id and not isempty(p.skipped))
     ${eventsSql(`select id, null, 'skipped', skipped, null,
       ${noteSql('catch_up', `jsonb_build_object('catchUp', (view).catch_up)`)} from planned where not isempty(skipped)`)}`,
    dueValues(ids, scope),
  );
}

// Units that plans left out because their view had too many open runs (docs/architecture/planning.md). They stay due
// and are planned as runs close, with the reason and the options of the original plan.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import type { DuePlan } from '../../plan/due.ts';
import type { Database } from '../../postgres/database.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { countedRuns } from '../runs/open-runs.ts';
import type { RunOptions, RunReason } from '../runs/run.ts';
import { IN } from '../runs/states.ts';
import type { TimeRange } from './due-sets.ts';

export type BacklogRow = { readonly id: number; readonly reason: RunReason; readonly options: RunOptions };

/** `hasBacklog`: an earlier plan left out units that may not all be planned yet. */
type LeftOut = {
  readonly applied: { readonly id: number };
  readonly plan: Pick<DuePlan, 'leftOut' | 'frontier'>;
  readonly hasBacklog: boolean;
};

/** The backlog of a view, oldest plan first. */
export async function backlogOf(session: Database | Session, viewId: number): Promise<BacklogRow[]> {
  return session.query<BacklogRow>(
    `select id, reason, options from millrace.backlog where view_id = $1 order by reason = 'restate' desc, id`,
    [viewId],
  );
}

/**
 * Replaces what earlier plans of all due time left out. The options of a schedule are kept when an operator runs the view
 * in between.
 */
export async function replaceBacklog(
  session: Session,
  planned: readonly LeftOut[],
  { reason, options }: Omit<BacklogRow, 'id'>,
): Promise<void> {
  const touched = planned.filter(({ hasBacklog, plan }) => hasBacklog || plan.leftOut !== null);
  if (touched.length === 0) return;
  await session.run(
    `with now as (
       select view_id, span::tstzrange as span from unnest($1::bigint[], $2::text[]) as n(view_id, span)),
     gone as (
       delete from millrace.backlog b using now
        where b.view_id = now.view_id and b.reason <> 'restate' and now.span is null)
     insert into millrace.backlog (view_id, reason, options, span)
     select view_id, $3, $4::jsonb, tstzmultirange(span) from now where span is not null
         on conflict (view_id) where reason <> 'restate' do update
        set span = excluded.span,
            reason = case when excluded.reason = 'schedule' then 'schedule' else backlog.reason end,
            options = case when excluded.reason = backlog.reason or excluded.reason = 'schedule' then excluded.options
                           else backlog.options end
      where backlog.span <> excluded.span or excluded.reason = 'schedule'
            and (backlog.reason, backlog.options) is distinct from (excluded.reason, excluded.options)`,
    [
      touched.map(({ applied }) => applied.id),
      touched.map(({ plan }) => spanOf(plan.leftOut, plan.frontier)),
      reason,
      JSON.stringify(options),
    ],
  );
}

/** Up to the end that the plan saw, even if nothing is due there. */
function spanOf(leftOut: Interval | null, frontier: EpochMs | null): string | null {
  if (leftOut === null) return null;
  return rangeLiteral({ start: leftOut.start, end: epochMsOf(Math.max(leftOut.end, frontier ?? leftOut.end)) });
}

/** Records what a restatement left out. */
export async function addToBacklog(
  session: Session,
  viewId: number,
  leftOut: Interval,
  { reason, options }: Omit<BacklogRow, 'id'>,
): Promise<void> {
  await session.run(
    `insert into millrace.backlog (view_id, reason, options, span)
     values ($1, $2, $3, tstzmultirange($4::tstzrange))`,
    [viewId, reason, JSON.stringify(options), rangeLiteral(leftOut)],
  );
}

/** The rest of one row: from an instant onward, or nothing. */
export async function shrinkBacklog(session: Session, id: number, from: EpochMs | null): Promise<void> {
  await session.run(
    `with left_over as (
       select span * tstzmultirange(tstzrange($2::timestamptz, null)) as span from millrace.backlog where id = $1),
     gone as (
       delete from millrace.backlog b using left_over l where b.id = $1 and ($2::timestamptz is null or isempty(l.span)))
     update millrace.backlog b set span = l.span from left_over l
      where b.id = $1 and $2::timestamptz is not null and not isempty(l.span) and b.span <> l.span`,
    [id, from === null ? null : new Date(from).toISOString()],
  );
}

/** A newer restatement replaces older ones in its range. */
export async function withdrawRestatements(session: Session, viewId: number, { from, to }: TimeRange): Promise<void> {
  const [start, end] = [from, to].map((at) => (at === null ? null : new Date(at).toISOString()));
  await session.run(
    `with asked as (select tstzmultirange(tstzrange($2::timestamptz, $3::timestamptz)) as span),
     gone as (
       delete from millrace.backlog b using asked where b.view_id = $1 and b.reason = 'restate' and b.span <@ asked.span)
     update millrace.backlog b set span = b.span - asked.span from asked
      where b.view_id = $1 and b.reason = 'restate' and b.span && asked.span and not b.span <@ asked.span`,
    [viewId, start, end],
  );
}

/** Whether part of a view's time waits for a restatement that is not planned yet. */
export async function hasRestatementLeft(
  database: Database,
  viewId: number,
  { from, to }: TimeRange,
): Promise<boolean> {
  const [start, end] = [from, to].map((at) => (at === null ? null : new Date(at).toISOString()));
  const [row] = await database.query<{ has: boolean }>(
    `select exists (select from millrace.backlog where view_id = $1 and reason = 'restate'
                       and span && tstzrange($2::timestamptz, $3::timestamptz)) as has`,
    [viewId, start, end],
  );
  return row?.has === true;
}

/** Deletes what restatements left out: after an edit, another query would be read with the old options. */
export async function forgetRestatements(session: Session, viewId: number): Promise<void> {
  await session.run(`delete from millrace.backlog where view_id = $1 and reason = 'restate'`, [viewId]);
}

/** Deletes the whole backlog of a view. */
export async function forgetBacklog(session: Session, viewId: number): Promise<void> {
  await session.run('delete from millrace.backlog where view_id = $1', [viewId]);
}

/** A view with a backlog, and its number of planned and active runs. */
export type ViewWithBacklog = { readonly id: number; readonly name: string; readonly openRuns: number };

/** All views with a backlog, or the view of a run if it has one. */
export async function viewsWithBacklog(
  database: Database,
  ofRun: number | null = null,
): Promise<readonly ViewWithBacklog[]> {
  return database.query<ViewWithBacklog>(
    `select v.id, v.name, (select ${countedRuns('o')} from millrace.run o
                            where o.view_id = v.id and o.state ${IN.unstored}) as "openRuns"
       from millrace.view v
      where exists (select from millrace.backlog b where b.view_id = v.id)
        and ($1::bigint is null or v.id = (select view_id from millrace.run where id = $1))
      order by v.name`,
    [ofRun],
  );
}

// Writes plans down: the runs, and what was noted of each view's time. In the transaction that holds the views' locks.

import type { EpochMs } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';
import type { DuePlan } from '../plan/due.ts';
import type { Session } from '../postgres/database.ts';
import { multirangeLiteral, rangeLiteral } from '../postgres/range.ts';
import type { RunOptions, RunReason } from './run.ts';
import type { AppliedView } from './views.ts';

export type ViewPlan = { readonly applied: AppliedView; readonly plan: DuePlan };

/** Inserts the runs of the plans and returns their ids: view by view, oldest first. */
export async function insertRuns(
  session: Session,
  planned: readonly ViewPlan[],
  { reason, options }: { readonly reason: RunReason; readonly options: RunOptions },
): Promise<number[]> {
  const runs = planned.flatMap(({ applied, plan }) => plan.runs.map((span) => ({ applied, span })));
  if (runs.length === 0) return [];
  const rows = await session.query<{ id: number }>(
    `insert into millrace.run (view_id, span, reason, fingerprint, options)
       select view_id, span::tstzrange, $4, fingerprint, $5
         from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as s(view_id, span, fingerprint, place)
        order by place
       returning id`,
    [
      runs.map(({ applied }) => applied.id),
      runs.map(({ span }) => rangeLiteral(span)),
      runs.map(({ applied }) => applied.data),
      reason,
      JSON.stringify(options),
    ],
  );
  return rows.map((row) => row.id);
}

type Seen = { readonly applied: AppliedView; readonly plan: DuePlan & { readonly frontier: EpochMs } };

/** Notes how far each view was looked at, what became stale, and what was skipped. Where all is as it was it writes nothing. */
export async function recordTicks(session: Session, planned: readonly ViewPlan[]): Promise<void> {
  const seen = planned.flatMap(({ applied, plan: { frontier, ...plan } }): Seen[] =>
    frontier === null ? [] : [{ applied, plan: { ...plan, frontier } }],
  );
  if (seen.length === 0) return;
  await session.run(
    `update millrace.coverage c
        set stale = c.stale + s.lookback::tstzmultirange, skipped = c.skipped + s.skipped::tstzmultirange, frontier = s.frontier
       from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) as s(view_id, lookback, skipped, frontier)
      where c.view_id = s.view_id
        and (c.frontier is distinct from s.frontier
             or not s.lookback::tstzmultirange <@ c.stale or not s.skipped::tstzmultirange <@ c.skipped)`,
    [
      seen.map(({ applied }) => applied.id),
      seen.map(({ plan }) => multirangeLiteral(plan.lookback)),
      seen.map(({ plan }) => multirangeLiteral(plan.skipped)),
      seen.map(({ plan }) => new Date(plan.frontier).toISOString()),
    ],
  );
  await noteEvents(session, seen.flatMap(eventsOf));
}

type Noted = {
  readonly viewId: number;
  readonly kind: string;
  readonly spans: readonly Interval[];
  readonly note: string;
};

function eventsOf({ applied, plan }: Seen): Noted[] {
  const { id: viewId, view } = applied;
  const events = [
    { viewId, kind: 'stale', spans: plan.lookback, note: 'lookback' },
    { viewId, kind: 'skipped', spans: plan.skipped, note: `catch_up: ${view.catchUp}` },
  ];
  return events.filter(({ spans }) => spans.length > 0);
}

async function noteEvents(session: Session, events: readonly Noted[]): Promise<void> {
  if (events.length === 0) return;
  await session.run(
    `insert into millrace.event (view_id, kind, span, note)
     select * from unnest($1::bigint[], $2::text[], $3::text[]::tstzmultirange[], $4::text[])`,
    [
      events.map(({ viewId }) => viewId),
      events.map(({ kind }) => kind),
      events.map(({ spans }) => multirangeLiteral(spans)),
      events.map(({ note }) => note),
    ],
  );
}

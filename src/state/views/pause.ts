// A view that rests: nothing of it is planned until somebody resumes it. Paused by a person, or by its circuit.

import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { safe, text } from '../../core/message.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { recordEvent } from '../events.ts';
import { lockPlanning } from '../locks.ts';
import { duePlan } from '../planning/planning.ts';
import { supersedeRuns } from '../runs/change.ts';
import { IN } from '../runs/states.ts';
import { type AppliedView, requireAppliedView } from './views.ts';

/** Why a view is paused, and who says so. */
export type Pausing = { readonly reason: string; readonly by: string };

export type Paused = {
  /** False where it was paused already: then the reason and the time are those of before. */
  readonly changed: boolean;
  readonly reason: string;
  readonly since: EpochMs;
  /** Planned runs that nobody had begun: their spans are due again after `resumeView`. */
  readonly superseded: readonly number[];
  /** Runs that a worker is at, or that wait to be published: they go on to their end. */
  readonly active: readonly number[];
};

export type Resumed = {
  /** False where it was not paused. */
  readonly changed: boolean;
  /** What the next tick finds due; one null span for a view of kind latest. */
  readonly due: readonly (Interval | null)[];
  /** What stays put until it is retried. */
  readonly held: readonly Interval[];
};

/** Pauses a view. Doing it again changes nothing. @throws Failure NOT_FOUND, or as requireNotRetired */
export async function pauseView(database: Database, name: string, pausing: Pausing): Promise<Paused> {
  return database.transaction(async (session) => {
    const applied = await requireAppliedView(session, name);
    requireNotRetired(applied);
    await lockPlanning(session, applied.id);
    return pauseLocked(session, applied.id, pausing);
  });
}

/** @throws Failure ARGUMENT_INVALID: nothing of it would rest that does not rest already */
export function requireNotRetired({ view, retired }: AppliedView): void {
  if (!retired) return;
  const sentence = text`${safe(view.name)} is retired: no definition has it any more, and nothing of it runs that could be paused.`;
  throw new Failure('ARGUMENT_INVALID', sentence, { view: view.name });
}

/** `pauseView` in a transaction that holds the lock of the view's planning. */
export async function pauseLocked(session: Session, viewId: number, { reason, by }: Pausing): Promise<Paused> {
  const paused = await session.run(
    `update millrace.view set paused_reason = $2, paused_by = $3, paused_at = millrace.now()
      where id = $1 and paused_reason is null`,
    [viewId, reason, by],
  );
  const superseded =
    paused === 0
      ? []
      : await supersedeRuns(session, { where: `r.view_id = $1 and r.state = 'planned'`, values: [viewId] });
  if (paused > 0)
    await recordEvent(session, { viewId, kind: 'paused', note: { kind: 'paused', facts: { by, reason } } });
  const [now] = await session.query<{ reason: string; since: number | null; active: number[] }>(
    `select paused_reason as reason, (extract(epoch from paused_at) * 1000)::bigint as since,
            (select coalesce(jsonb_agg(id order by id), '[]') from millrace.run
              where view_id = v.id and state ${IN.begun}) as active
       from millrace.view v where id = $1`,
    [viewId],
  );
  return {
    changed: paused > 0,
    reason: now?.reason ?? reason,
    since: epochMsOf(now?.since ?? 0),
    superseded,
    active: now?.active ?? [],
  };
}

/** Lets a paused view go on, with its circuit closed. Doing it again changes nothing. @throws Failure NOT_FOUND */
export async function resumeView(database: Database, name: string): Promise<Resumed> {
  return database.transaction(async (session) => {
    const { id } = await requireAppliedView(session, name);
    await lockPlanning(session, id);
    const resumed = await session.run(
      `update millrace.view set paused_reason = null, paused_by = null, paused_at = null, failed_in_a_row = 0
        where id = $1 and paused_reason is not null`,
      [id],
    );
    if (resumed > 0) await recordEvent(session, { viewId: id, kind: 'resumed' });
    const { runs } = await duePlan(session, await requireAppliedView(session, name));
    const [row] = await session.query<{ held: string }>(
      'select held::text as held from millrace.coverage where view_id = $1',
      [id],
    );
    return { changed: resumed > 0, due: runs, held: parseRanges(row?.held ?? '{}') };
  });
}

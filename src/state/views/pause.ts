// Pausing views: no runs are planned until an operator resumes the view. Views are paused by an operator or their
// circuit.

import { Failure } from '../../core/failure.ts';
import type { Interval } from '../../core/interval.ts';
import { safe, text } from '../../core/message.ts';
import type { Database } from '../../postgres/database.ts';
import { inTransaction } from '../../postgres/in-transaction.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { type EventNote, recordEvent } from '../events.ts';
import { lockPlanning } from '../locks.ts';
import { duePlan } from '../planning/planning.ts';
import { IS_REDACTED } from '../redaction.ts';
import { supersedeRuns } from '../runs/change.ts';
import { IN } from '../runs/states.ts';
import { PAUSE, type Pause, type Pausing, redactPause } from './paused.ts';
import { type AppliedView, requireAppliedView } from './views.ts';

export type Paused = {
  /** False if it was already paused: then the earlier pause stays. */
  readonly changed: boolean;
  readonly pause: Pause;
  /** Planned runs that had not started: their spans are due again after `resumeView`. */
  readonly superseded: readonly number[];
  /** Active and committed runs, which finish. */
  readonly active: readonly number[];
};

export type Resumed = {
  /** False if it was not paused. */
  readonly changed: boolean;
  /** The spans that the next tick finds due; one null span for a view of kind latest. */
  readonly due: readonly (Interval | null)[];
  /** Spans that stay held until they are retried. */
  readonly held: readonly Interval[];
};

/** Pauses a view. Repeating it changes nothing. @throws Failure NOT_FOUND, or as requireNotRetired */
export async function pauseView(where: Database | Session, name: string, pausing: Pausing): Promise<Paused> {
  return inTransaction(where, async (session) => {
    const applied = await requireAppliedView(session, name);
    requireNotRetired(applied);
    await lockPlanning(session, applied.id);
    return pauseLocked(session, applied.id, pausing);
  });
}

/** @throws Failure ARGUMENT_INVALID if the view is retired */
export function requireNotRetired({ view, retired }: AppliedView): void {
  if (!retired) return;
  const sentence = text`${safe(view.name)} is retired: its definition was removed, so there is nothing to pause.`;
  throw new Failure('ARGUMENT_INVALID', sentence, { view: view.name });
}

/** `pauseView` in a transaction that holds the view's planning lock. */
export async function pauseLocked(session: Session, viewId: number, pausing: Pausing): Promise<Paused> {
  const paused = await session.run(
    `update millrace.view
        set paused_kind = $2, paused_by = $3, paused_reason = $4, paused_facts = $5, paused_at = millrace.now()
      where id = $1 and paused_kind is null`,
    [viewId, pausing.kind, ...valuesOf(pausing)],
  );
  const superseded =
    paused === 0
      ? []
      : await supersedeRuns(session, { where: `r.view_id = $1 and r.state = 'planned'`, values: [viewId] });
  if (paused > 0) await recordEvent(session, { viewId, kind: 'paused', note: noteOf(pausing) });
  const [now] = await session.query<{ pause: Pause; isRedacted: boolean; active: number[] }>(
    `select ${PAUSE} as pause, ${IS_REDACTED} as "isRedacted",
            (select coalesce(jsonb_agg(id order by id), '[]') from millrace.run
              where view_id = v.id and state ${IN.begun}) as active
       from millrace.view v where id = $1`,
    [viewId],
  );
  if (now === undefined) throw new RangeError(`there is no view number ${viewId}`);
  return { changed: paused > 0, pause: redactPause(now.pause, now), superseded, active: now.active };
}

/** Who, why, and what opened the circuit. */
function valuesOf(pausing: Pausing): [string | null, string | null, string | null] {
  if (pausing.kind === 'circuit') return [null, null, JSON.stringify(pausing.facts)];
  return [pausing.actor, pausing.reason, null];
}

/** Without the failure's message, which the run has. */
function noteOf(pausing: Pausing): EventNote {
  if (pausing.kind === 'person') return { kind: 'paused', facts: { by: pausing.actor, reason: pausing.reason } };
  const { runs, run, code } = pausing.facts;
  return { kind: 'circuit_opened', facts: { runs, run, code } };
}

/** Resumes a paused view and closes its circuit. Repeating it changes nothing. @throws Failure NOT_FOUND */
export async function resumeView(where: Database | Session, name: string): Promise<Resumed> {
  return inTransaction(where, async (session) => {
    const { id } = await requireAppliedView(session, name);
    await lockPlanning(session, id);
    const resumed = await session.run(
      `update millrace.view set paused_kind = null, paused_by = null, paused_reason = null, paused_facts = null, paused_at = null,
              failed_in_a_row = 0
        where id = $1 and paused_kind is not null`,
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

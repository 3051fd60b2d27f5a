// An operator's actions on a backfill: pause, resume, cancel.

import { Failure } from '../../core/failure.ts';
import { command, safe, text } from '../../core/message.ts';
import type { Database } from '../../postgres/database.ts';
import { inTransaction } from '../../postgres/in-transaction.ts';
import type { Session } from '../../postgres/session.ts';
import { eventsSql, noteSql } from '../events.ts';
import { lockCoverage } from '../locks.ts';
import { changeRuns, supersedeRuns } from '../runs/change.ts';
import { IN } from '../runs/states.ts';
import type { Pausing } from '../views/paused.ts';
import { isOpenBackfill } from './backfill-state.ts';
import { closeIfDone } from './end.ts';
import { requireBackfillable, requireNoOverlap } from './refusals.ts';
import { type Backfill, lockBackfill, noBackfill } from './row.ts';

/** `changed` is false if it was already paused. `runs` had not started; their chunks wait again. */
export type BackfillPaused = { readonly changed: boolean; readonly runs: readonly number[] };

/**
 * Starts no more chunks: planned runs are superseded, active runs finish. Closes a backfill with nothing left to do.
 * Repeating it changes nothing.
 *
 * @throws Failure NOT_FOUND, or ARGUMENT_INVALID where it has ended
 */
export async function pauseBackfill(where: Database | Session, id: number): Promise<BackfillPaused> {
  return inTransaction(where, async (session) => {
    const { backfill, applied } = await lockBackfill(session, id);
    if (backfill.state === 'paused') return { changed: false, runs: [] };
    if (backfill.state !== 'running') throw ended(backfill, applied.view.name, 'paused');
    const runs = await pauseLocked(session, id, { kind: 'person' });
    await closeIfDone(session, id);
    return { changed: true, runs };
  });
}

export type BackfillPausing = { readonly kind: 'person' } | Extract<Pausing, { kind: 'circuit' }>;

/** Pauses a running backfill in a transaction that holds the lock. Returns the superseded runs. */
export async function pauseLocked(session: Session, id: number, pausing: BackfillPausing): Promise<number[]> {
  const facts = pausing.kind === 'circuit' ? JSON.stringify(pausing.facts) : null;
  await session.run(
    `update millrace.backfill set state = 'paused', paused_kind = $2, paused_facts = $3 where id = $1`,
    [id, pausing.kind, facts],
  );
  // Superseded, so that a job in the queue finds its run closed.
  return supersedeRuns(session, { join: CHUNKS, where: `c.backfill_id = $1 and r.state = 'planned'`, values: [id] });
}

const CHUNKS = 'join millrace.backfill_chunk c on c.run_id = r.id';

/** `changed` is false if it was running. `chunks` are not done yet: they wait or are in flight. */
export type BackfillResumed = { readonly changed: boolean; readonly chunks: number };

/**
 * Resumes a backfill, including its failed and cancelled chunks; finished chunks are left alone. The caller then
 * advances it. A running backfill does not change.
 *
 * @throws Failure NOT_FOUND, ARGUMENT_INVALID if nothing is left, BACKFILL_OVERLAPS, VIEW_PAUSED or VIEW_CHANGED
 */
export async function resumeBackfill(where: Database | Session, id: number): Promise<BackfillResumed> {
  return inTransaction(where, async (session) => {
    const { backfill, applied } = await lockBackfill(session, id);
    if (backfill.state === 'complete') throw ended(backfill, applied.view.name, 'resumed');
    if (backfill.state !== 'running') {
      requireBackfillable(applied);
      if (backfill.state !== 'paused') await requireNoOverlap(session, applied, backfill.range);
      await reopen(session, backfill);
    }
    return { changed: backfill.state !== 'running', chunks: await chunksLeft(session, id) };
  });
}

async function reopen(session: Session, { id }: Backfill): Promise<void> {
  const reopened = await session.run(
    `update millrace.backfill set state = 'running', paused_kind = null, paused_facts = null, closed_at = null, resumed_at = millrace.now()
      where id = $1 and not expired`,
    [id],
  );
  // Retention does not take the lock.
  if (reopened === 0) throw noBackfill(id);
  await session.run(
    `update millrace.backfill_chunk c set run_id = null, skipped = null, again = true
      where c.backfill_id = $1
        and (c.skipped = 'held' or exists (select from millrace.run r where r.id = c.run_id and r.state ${IN.retryable}))`,
    [id],
  );
}

async function chunksLeft(session: Session, id: number): Promise<number> {
  const [row] = await session.query<{ left: number }>(
    `select count(*) as left from millrace.backfill_chunk c left join millrace.run r on r.id = c.run_id
      where c.backfill_id = $1 and c.skipped is null
        and (r.id is null or r.state ${IN.open})`,
    [id],
  );
  return row?.left ?? 0;
}

/** `runs` were cancelled; `committed` ones have stored their rows, and finish as usual. */
export type BackfillCancelled = {
  readonly changed: boolean;
  readonly runs: readonly number[];
  readonly committed: readonly number[];
};

/**
 * Ends a backfill and its runs that have not stored their rows; their workers stop. Spans of active runs become held,
 * so that no tick starts what the operator just stopped; waiting chunks leave no trace. Repeating it changes nothing.
 *
 * @throws Failure NOT_FOUND, or ARGUMENT_INVALID where it has come to its end
 */
export async function cancelBackfill(where: Database | Session, id: number): Promise<BackfillCancelled> {
  return inTransaction(where, async (session) => {
    const { backfill, applied } = await lockBackfill(session, id);
    const isOpen = isOpenBackfill(backfill.state);
    if (!isOpen && backfill.state !== 'cancelled') throw ended(backfill, applied.view.name, 'cancelled');
    const runs = isOpen ? await cancelRuns(session, backfill, applied.id) : [];
    return { changed: isOpen, runs, committed: await committedRuns(session, id) };
  });
}

async function cancelRuns(session: Session, { id }: Backfill, viewId: number): Promise<number[]> {
  await lockCoverage(session, viewId);
  await session.run(
    `update millrace.backfill set state = 'cancelled', paused_kind = null, paused_facts = null, closed_at = millrace.now() where id = $1`,
    [id],
  );
  return changeRuns(session, 'cancel', { join: CHUNKS, where: 'c.backfill_id = $1', values: [id, viewId] }, [
    `held as (
       select coalesce(range_agg(span) filter (where state = 'active'), '{}')
              - (select covered from millrace.coverage where view_id = $2) as span from chosen)`,
    `holding as (update millrace.coverage c set held = c.held + held.span from held where c.view_id = $2)`,
    `noted as (${eventsSql(`select $2::bigint, null, 'held', span, null,
       ${noteSql('backfill_cancelled', `jsonb_build_object('backfill', $1::bigint)`)} from held where not isempty(span)`)})`,
  ]);
}

async function committedRuns(session: Session, id: number): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select r.id from millrace.backfill_chunk c join millrace.run r on r.id = c.run_id
      where c.backfill_id = $1 and r.state = 'committed' order by r.id`,
    [id],
  );
  return rows.map((row) => row.id);
}

function ended({ id, state }: Backfill, view: string, asked: string): Failure {
  const what = state === 'complete' ? 'all of its units are done' : `it has already ended (${state})`;
  const next = state === 'complete' ? 'To see it, run' : 'To run the rest, use';
  const line = state === 'complete' ? `millrace backfills show ${id}` : `millrace backfills resume ${id}`;
  return new Failure(
    'ARGUMENT_INVALID',
    text`Backfill ${safe(id)} of ${safe(view)} cannot be ${safe(asked)} because ${safe(what)}. ${safe(next)} "${command(line)}".`,
    { view, backfill: id },
  );
}

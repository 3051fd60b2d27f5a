// Plans runs for the next chunks of a backfill.

import type { Interval } from '../../core/interval.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import { type CoverageState, type Turn, turnsOf } from '../../plan/backfill.ts';
import { OPEN_RUNS_MAX } from '../../plan/due.ts';
import type { Database } from '../../postgres/database.ts';
import { inTransaction } from '../../postgres/in-transaction.ts';
import { prepared } from '../../postgres/prepared.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { isCountedSql } from '../outages/uncounted.ts';
import { countedRuns } from '../runs/open-runs.ts';
import { readError, type StoredError } from '../runs/run-error.ts';
import { IN } from '../runs/states.ts';
import { circuitFacts } from '../views/paused.ts';
import type { AppliedView } from '../views/views.ts';
import { IN_OPEN, type OPEN_BACKFILLS } from './backfill-state.ts';
import { pauseLocked } from './control.ts';
import { coverageStateOf } from './coverage-state.ts';
import { closeIfDone } from './end.ts';
import { type Backfill, lockBackfill } from './row.ts';
import { type Change, type Waiting, writeTurns } from './turns.ts';

/** How many waiting chunks one statement reads. */
const LOOK_CHUNKS = 500;

/**
 * Plans runs for as many chunks as may be open, and closes the backfill when none is left. Returns the ids of the new
 * runs, which the caller delivers. Safe to call at any time and in parallel. A paused backfill is only closed after its
 * last run; a closed one is left alone; one whose view is paused, edited or retired waits.
 *
 * @throws Failure NOT_FOUND
 */
export async function advanceBackfill(where: Database | Session, id: number): Promise<number[]> {
  return inTransaction(where, async (session) => {
    const { backfill, applied } = await lockBackfill(session, id);
    if (backfill.state === 'running') return advance(session, backfill, applied);
    await closeIfDone(session, id);
    return [];
  });
}

async function advance(session: Session, backfill: Backfill, applied: AppliedView): Promise<number[]> {
  // The run that replaced a superseded run may not have covered its chunk.
  await session.run(
    `update millrace.backfill_chunk c set run_id = null
       from millrace.run r where r.view_id = $2 and r.state = 'superseded' and c.run_id = r.id and c.backfill_id = $1`,
    [backfill.id, applied.id],
  );
  const isPaused = await pauseAfterFailures(session, backfill, applied.view.failuresMax);
  const runs = isPaused || isBlocked(applied) ? [] : await planChunks(session, backfill, applied);
  if (runs.length === 0) await closeIfDone(session, backfill.id);
  return runs;
}

/** A view of kind latest has no past: if a view becomes one, its backfill waits until it is cancelled. */
function isBlocked({ pause, edited, retired, view }: AppliedView): boolean {
  return pause !== null || edited !== null || retired || !hasIntervals(view.kind);
}

/** Pauses the backfill if as many chunks failed in a row as the view's definition allows; returns whether it did. */
async function pauseAfterFailures(session: Session, { id }: Backfill, failuresMax: number): Promise<boolean> {
  if (failuresMax === 0) return false;
  const last = await session.query<{ state: string; run: number; error: StoredError | null }>(
    `select r.state, r.id as run, r.error
       from millrace.backfill_chunk c
       join millrace.backfill b on b.id = c.backfill_id join millrace.run r on r.id = c.run_id
      where c.backfill_id = $1 and r.state ${IN.concluded} and r.closed_at >= coalesce(b.resumed_at, b.asked_at)
        and ${isCountedSql(`r.error->>'code'`)}
      order by c.run_id desc limit $2`,
    [id, failuresMax],
  );
  const [newest] = last;
  if (newest === undefined || last.length < failuresMax || last.some(({ state }) => state !== 'failed')) return false;
  const error = newest.error ?? { code: 'BUG', message: '', owner: 'nobody' };
  await pauseLocked(session, id, { kind: 'circuit', facts: circuitFacts(failuresMax, newest.run, readError(error)) });
  return true;
}

/** Plans waiting chunks in order until as many are open as allowed. */
async function planChunks(session: Session, backfill: Backfill, applied: AppliedView): Promise<number[]> {
  const open = await openCounts(session, backfill.id, applied.id);
  const free = Math.min(backfill.parallel - open.chunks, OPEN_RUNS_MAX - open.runs);
  if (free <= 0) return [];
  const runs: number[] = [];
  for (let after = 0; runs.length < free; ) {
    const waiting = await waitingChunks(session, backfill.id, after);
    const last = waiting.at(-1);
    if (last === undefined) break;
    after = last.place;
    const looked = { backfill, view: applied.view, coverage: await coverageStateOf(session, applied.id) };
    runs.push(...(await writeTurns(session, backfill, applied, changesOf(looked, waiting, free - runs.length))));
  }
  return runs;
}

/** The outcome of waiting chunks until `free` of them are runs. */
function changesOf(
  { backfill: { mode }, view, coverage }: { backfill: Backfill; view: FeatureView; coverage: CoverageState },
  waiting: readonly Waiting[],
  free: number,
): Change[] {
  const changes: Change[] = [];
  const planned: Interval[] = [];
  for (const chunk of waiting) {
    if (planned.length === free) break;
    const held = chunk.again && mode === 'missing' ? [] : coverage.held;
    const turns = turnsOf(view, chunk.span, mode, { ...coverage, held, open: [...coverage.open, ...planned] });
    if (isUnchanged(chunk, turns)) continue;
    changes.push({ chunk, turns });
    planned.push(...turns.filter(({ fate }) => fate === 'run').map(({ span }) => span));
  }
  return changes;
}

/** The number of planned and active runs of the backfill and of its view. */
async function openCounts(session: Session, id: number, viewId: number): Promise<{ chunks: number; runs: number }> {
  const [row] = await session.query<{ chunks: number; runs: number }>(
    `select ${countedRuns('r')} as runs,
            count(*) filter (where exists (
              select from millrace.backfill_chunk c where c.run_id = r.id and c.backfill_id = $1))::int as chunks
       from millrace.run r where r.view_id = $2 and r.state ${IN.unstored}`,
    [id, viewId],
  );
  return row ?? { chunks: 0, runs: 0 };
}

async function waitingChunks(session: Session, id: number, after: number): Promise<Waiting[]> {
  const rows = await session.query<{ place: number; span: string; again: boolean }>(
    `select place, span::text as span, again from millrace.backfill_chunk
      where backfill_id = $1 and place > $2 and run_id is null and skipped is null
      order by place limit ${LOOK_CHUNKS}`,
    [id, after],
  );
  return rows.flatMap(({ span, ...row }) => parseRanges(span).map((one) => ({ ...row, span: one })));
}

function isUnchanged({ span }: Waiting, turns: readonly Turn[]): boolean {
  const [only, second] = turns;
  return second === undefined && only?.fate === 'wait' && only.span.start === span.start && only.span.end === span.end;
}

/** A backfill that is not closed. */
export type OpenBackfill = { readonly id: number; readonly state: (typeof OPEN_BACKFILLS)[number] };

/** All open backfills. */
export async function openBackfills(database: Database): Promise<OpenBackfill[]> {
  return database.query<OpenBackfill>(`select id, state from millrace.backfill where state ${IN_OPEN} order by id`);
}

/** The open backfills of a run's view: the end of the run may free a slot or close them. */
export async function backfillsAfter(database: Database, run: number): Promise<OpenBackfill[]> {
  return database.query<OpenBackfill>(
    prepared(`select b.id, b.state from millrace.backfill b join millrace.run r on r.view_id = b.view_id
      where b.state ${IN_OPEN} and r.id = $1 order by b.id`),
    [run],
  );
}

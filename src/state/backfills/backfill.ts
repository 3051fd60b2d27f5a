// Backfills: missing, held or all past units of a view, materialized in chunks alongside the schedule. This file
// previews and starts a backfill; advance.ts plans its runs, control.ts pauses, resumes and cancels it, and overview.ts
// reads its status.

import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf, formatInstant } from '../../core/instant.ts';
import { formatInterval, type Interval, interval } from '../../core/interval.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import {
  type BackfillMode,
  countChunks,
  cutIntoChunks,
  type Part,
  partition,
  type SkipReason,
  unitsOf,
} from '../../plan/backfill.ts';
import { widen } from '../../plan/cut.ts';
import type { Database } from '../../postgres/database.ts';
import { inTransaction } from '../../postgres/in-transaction.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { lockPlanning } from '../locks.ts';
import type { TimeRange } from '../planning/planning.ts';
import type { RunOptions } from '../runs/run.ts';
import { type AppliedView, requireAppliedView } from '../views/views.ts';
import { coverageStateOf, type OpenRun } from './coverage-state.ts';
import { type BackfillEstimate, estimateOf } from './estimate.ts';
import { requireBackfillable, requireChunksMax, requireChunkUnits, requireNoOverlap } from './refusals.ts';

export type { BackfillMode, SkipReason } from '../../plan/backfill.ts';

export type BackfillRequest = {
  /** Widened to whole units and clipped to the settled time of the view; null for all of it. */
  readonly range: TimeRange;
  readonly mode: BackfillMode;
  readonly order: 'oldest' | 'newest';
  /** Units per chunk; null for the usual size of a run. */
  readonly chunkUnits: number | null;
  /** How many chunks may be open at the same time. */
  readonly parallel: number;
  readonly options: RunOptions;
  readonly askedBy: string;
};

/** Requested units that the backfill does not do. */
export type BackfillSkip = {
  readonly reason: SkipReason;
  readonly units: number;
  readonly spans: readonly Interval[];
  /** The open runs that have them, if in flight. */
  readonly runs?: readonly number[];
};

export type BackfillPlan = {
  /** The requested range in whole units, clipped to the settled time of the view. */
  readonly range: Interval;
  /** Of all chunks and skips. */
  readonly requestedUnits: number;
  /** In run order. */
  readonly chunks: readonly Interval[];
  /** Of all chunks. */
  readonly units: number;
  readonly skipped: readonly BackfillSkip[];
  readonly estimate: BackfillEstimate | null;
};

/**
 * Previews a backfill: reads only.
 *
 * @throws Failure ARGUMENT_INVALID, VIEW_PAUSED, VIEW_CHANGED, or BACKFILL_OVERLAPS
 */
export async function planBackfill(
  session: Database | Session,
  applied: AppliedView,
  request: BackfillRequest,
): Promise<BackfillPlan> {
  requireBackfillable(applied);
  const { view } = applied;
  requireChunkUnits(view, request.chunkUnits);
  const coverage = await coverageStateOf(session, applied.id);
  const asked = askedSpan(view, request.range, coverage.frontier);
  const range = settledPart(view, asked, coverage.frontier);
  await requireNoOverlap(session, applied, range);
  const parts = partition(view, asked, request.mode, coverage);
  const todo = parts.filter(({ fate }) => fate === 'todo').map(({ span }) => span);
  requireChunksMax(view, countChunks(view, todo, request.chunkUnits));
  const chunks = cutIntoChunks(view, todo, request.chunkUnits, request.order);
  const units = unitsOf(chunks, view.unitMs);
  return {
    range,
    requestedUnits: unitsOf([asked], view.unitMs),
    chunks,
    units,
    skipped: skipsOf(view, parts, coverage.openRuns),
    estimate: await estimateOf(session, applied, {
      units,
      chunks: chunks.length,
      parallel: Math.min(request.parallel, chunks.length),
    }),
  };
}

/**
 * Starts a backfill; `advanceBackfill` plans its first runs. With nothing to do it starts none, and `id` is null.
 *
 * @throws as planBackfill
 */
export async function startBackfill(
  where: Database | Session,
  applied: AppliedView,
  request: BackfillRequest,
): Promise<{ id: number | null; plan: BackfillPlan }> {
  return inTransaction(where, async (session) => {
    await lockPlanning(session, applied.id);
    const plan = await planBackfill(session, await requireAppliedView(session, applied.view.name), request);
    return { id: plan.chunks.length === 0 ? null : await insertBackfill(session, applied, request, plan), plan };
  });
}

async function insertBackfill(
  session: Session,
  applied: AppliedView,
  request: BackfillRequest,
  plan: BackfillPlan,
): Promise<number> {
  const [row] = await session.query<{ id: number }>(
    `with added as (
       insert into millrace.backfill (view_id, range, mode, newest_first, parallel, options, skipped, asked_by)
       values ($1, $2::tstzrange, $3, $4, $5, $6, $7, $8) returning id),
     chunks as (
       insert into millrace.backfill_chunk (backfill_id, place, span)
         select id, place, span::tstzrange from added, unnest($9::text[]) with ordinality as s(span, place))
     select id from added`,
    [
      applied.id,
      rangeLiteral(plan.range),
      request.mode,
      request.order === 'newest',
      request.parallel,
      JSON.stringify(request.options),
      JSON.stringify(plan.skipped),
      request.askedBy,
      plan.chunks.map(rangeLiteral),
    ],
  );
  if (row === undefined) throw new Error('an inserted row was not returned');
  return row.id;
}

function askedSpan(view: FeatureView, { from, to }: TimeRange, frontier: EpochMs): Interval {
  const start = from ?? view.start;
  const end = to ?? epochMsOf(Math.max(frontier, start + 1));
  if (start < end) return widen({ start, end }, view.unitMs);
  throw new Failure(
    'ARGUMENT_INVALID',
    text`A backfill from ${safe(formatInstant(start))} to ${safe(formatInstant(end))} is empty: its end must come after its start.`,
    { view: view.name },
  );
}

function settledPart(view: FeatureView, asked: Interval, frontier: EpochMs): Interval {
  const start = epochMsOf(Math.max(asked.start, view.start));
  const end = epochMsOf(Math.min(asked.end, frontier));
  if (start < end) return interval(start, end);
  const until = view.end === null ? '' : `, ends at ${formatInstant(view.end)}`;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(formatInterval(asked))} cannot be backfilled: ${safe(view.name)} starts at ${safe(formatInstant(view.start))}${safe(until)} and is settled up to ${safe(formatInstant(frontier))}.`,
    { view: view.name },
  );
}

function skipsOf(view: FeatureView, parts: readonly Part[], open: readonly OpenRun[]): BackfillSkip[] {
  const reasons = new Set(parts.flatMap(({ fate }) => (fate === 'todo' ? [] : [fate])));
  return [...reasons].map((reason) => {
    const spans = parts.filter(({ fate }) => fate === reason).map(({ span }) => span);
    const skip = { reason, units: unitsOf(spans, view.unitMs), spans };
    if (reason !== 'in flight') return skip;
    const meets = (span: Interval) => spans.some(({ start, end }) => start < span.end && span.start < end);
    return { ...skip, runs: open.filter(({ span }) => meets(span)).map(({ id }) => id) };
  });
}

// Preconditions of a backfill. Each failure is a sentence.

import { formatDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import { formatInterval, type Interval, interval } from '../../core/interval.ts';
import { command, safe, text } from '../../core/message.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import { runUnitsMax } from '../../plan/cut.ts';
import type { Database } from '../../postgres/database.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { kindOf, updateOf } from '../views/no-intervals.ts';
import { type AppliedView, requireNotEdited, requireNotPaused } from '../views/views.ts';
import { type BackfillState, IN_OPEN } from './backfill-state.ts';

/** Chunks are inserted in one statement, and operators read through them. */
const CHUNKS_MAX = 100_000;

/** @throws Failure if the view's state does not allow a backfill. */
export function requireBackfillable(applied: AppliedView): void {
  const { name, kind } = applied.view;
  const facts = { view: name };
  if (!hasIntervals(kind)) {
    const what = kind === 'pushed' ? 'it has no intervals' : 'it stores only the latest values';
    const why = text`${kindOf(applied.view)}: ${safe(what)}, so it has no history to backfill. ${updateOf(applied.view)}`;
    throw new Failure('ARGUMENT_INVALID', why, facts);
  }
  if (applied.retired) {
    const why = text`${safe(name)} is retired because it has no definition: restore its definition first.`;
    throw new Failure('ARGUMENT_INVALID', why, facts);
  }
  requireNotEdited(applied);
  requireNotPaused(applied);
}

/** @throws Failure ARGUMENT_INVALID */
export function requireChunkUnits(view: FeatureView, units: number | null): void {
  if (units === null || units <= 1 || runUnitsMax(view) > 1) return;
  const what = view.kind === 'snapshot' ? 'is a snapshot' : 'reads files';
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(view.name)} ${safe(what)}, so each run covers one unit of ${safe(formatDuration(view.unitMs))} and a chunk cannot cover ${safe(units)}: omit the chunk size.`,
    { view: view.name },
  );
}

/** @throws Failure ARGUMENT_INVALID */
export function requireChunksMax(view: FeatureView, chunks: number): void {
  if (chunks <= CHUNKS_MAX) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`This backfill of ${safe(view.name)} would have ${safe(chunks)} chunks, but the limit is ${safe(CHUNKS_MAX)}: request a shorter range or larger chunks.`,
    { view: view.name, chunks },
  );
}

/** Called under the planning lock, so the table's constraint is a second safeguard. @throws Failure BACKFILL_OVERLAPS */
export async function requireNoOverlap(
  session: Database | Session,
  { id, view }: AppliedView,
  range: Interval,
): Promise<void> {
  const [other] = await session.query<{ id: number; state: BackfillState; start: EpochMs; end: EpochMs }>(
    `select id, state, (extract(epoch from lower(range)) * 1000)::bigint as start,
            (extract(epoch from upper(range)) * 1000)::bigint as end
       from millrace.backfill
      where view_id = $1 and state ${IN_OPEN} and range && $2::tstzrange order by id limit 1`,
    [id, rangeLiteral(range)],
  );
  if (other === undefined) return;
  const wait =
    other.state === 'running'
      ? text`wait for it`
      : text`resume it with "${command(`millrace backfills resume ${other.id}`)}"`;
  throw new Failure(
    'BACKFILL_OVERLAPS',
    text`Backfill ${safe(other.id)} of ${safe(view.name)} is ${safe(other.state)} and covers ${safe(formatInterval(interval(other.start, other.end)))}, which overlaps ${safe(formatInterval(range))}: ${wait}, or cancel it with "${command(`millrace backfills cancel ${other.id}`)}".`,
    { view: view.name, backfill: other.id },
  );
}

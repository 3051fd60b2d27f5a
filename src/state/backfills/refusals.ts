// What a backfill is refused for, each in a sentence.

import { formatDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import { formatInterval, type Interval, interval } from '../../core/interval.ts';
import { command, safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import { runUnitsMax } from '../../plan/cut.ts';
import type { Database } from '../../postgres/database.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { type AppliedView, requireNotEdited, requireNotPaused } from '../views/views.ts';
import { type BackfillState, IN_OPEN } from './backfill-state.ts';

/** So many rows are inserted in one statement, and looked through by people. */
const CHUNKS_MAX = 100_000;

/** @throws Failure where nothing of the view may be run for a backfill. */
export function requireBackfillable(applied: AppliedView): void {
  const { name, kind } = applied.view;
  const facts = { view: name };
  if (kind === 'latest') {
    const why = text`${safe(name)} is of kind latest: it holds what is true now and has no past to backfill; "${command(`millrace run ${name}`)}" brings it up to date.`;
    throw new Failure('ARGUMENT_INVALID', why, facts);
  }
  if (applied.retired) {
    const why = text`${safe(name)} is retired, as no definition names it any more: bring its definition back first.`;
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
    text`${safe(view.name)} ${safe(what)}, and a run of it has one unit of ${safe(formatDuration(view.unitMs))}: a chunk cannot have ${safe(units)}; leave its size out.`,
    { view: view.name },
  );
}

/** @throws Failure ARGUMENT_INVALID */
export function requireChunksMax(view: FeatureView, chunks: number): void {
  if (chunks <= CHUNKS_MAX) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`This backfill of ${safe(view.name)} would have ${safe(chunks)} chunks, and ${safe(CHUNKS_MAX)} are the most that one may have: ask for less of its past, or for larger chunks.`,
    { view: view.name, chunks },
  );
}

/** Asked under the lock of planning, which makes the constraint of the table a second fence. @throws Failure BACKFILL_OVERLAPS */
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
  const wait = other.state === 'running' ? 'wait for it' : `let it go on with "millrace backfills resume ${other.id}"`;
  throw new Failure(
    'BACKFILL_OVERLAPS',
    text`Backfill ${safe(other.id)} of ${safe(view.name)} is ${safe(other.state)} and has ${safe(formatInterval(interval(other.start, other.end)))}, which overlaps ${safe(formatInterval(range))}: ${safe(wait)}, or end it with "${command(`millrace backfills cancel ${other.id}`)}".`,
    { view: view.name, backfill: other.id },
  );
}

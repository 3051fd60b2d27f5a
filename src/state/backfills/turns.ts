// Records the outcome of backfill chunks at their turn.

import type { Interval } from '../../core/interval.ts';
import type { Turn } from '../../plan/backfill.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { insertRuns } from '../runs/insert.ts';
import { jobTimeoutMs } from '../runs/job-timeout.ts';
import type { AppliedView } from '../views/views.ts';
import type { Backfill } from './row.ts';

/** A chunk that may be next. */
export type Waiting = { readonly place: number; readonly span: Interval; readonly again: boolean };

/** The outcome of a chunk: the first turn is its own, the others are new chunks. */
export type Change = { readonly chunk: Waiting; readonly turns: readonly Turn[] };

/** Records changes and returns the ids of new runs. */
export async function writeTurns(
  session: Session,
  backfill: Backfill,
  applied: AppliedView,
  changes: readonly Change[],
): Promise<number[]> {
  if (changes.length === 0) return [];
  const own = changes.flatMap(({ chunk, turns }) => turns.slice(0, 1).map((turn) => ({ ...turn, place: chunk.place })));
  await session.run(
    `update millrace.backfill_chunk c set span = t.span::tstzrange, skipped = t.skipped
       from unnest($2::int[], $3::text[], $4::text[]) as t(place, span, skipped)
      where c.backfill_id = $1 and c.place = t.place`,
    [backfill.id, own.map(({ place }) => place), own.map(({ span }) => rangeLiteral(span)), own.map(skippedOf)],
  );
  const cut = changes.flatMap(({ chunk: { again }, turns }) => turns.slice(1).map((turn) => ({ ...turn, again })));
  await session.run(
    `insert into millrace.backfill_chunk (backfill_id, place, span, skipped, again)
       select $1, last.place + t.place, t.span::tstzrange, t.skipped, t.again
         from unnest($2::text[], $3::text[], $4::boolean[]) with ordinality as t(span, skipped, again, place),
              (select max(place) as place from millrace.backfill_chunk where backfill_id = $1) last`,
    [backfill.id, cut.map(({ span }) => rangeLiteral(span)), cut.map(skippedOf), cut.map(({ again }) => again)],
  );
  return planRuns(
    session,
    backfill,
    applied,
    own.filter(({ fate }) => fate === 'run'),
  );
}

function skippedOf({ fate }: Turn): string | null {
  return fate === 'run' || fate === 'wait' ? null : fate;
}

async function planRuns(
  session: Session,
  backfill: Backfill,
  applied: AppliedView,
  turns: readonly (Turn & { readonly place: number })[],
): Promise<number[]> {
  if (turns.length === 0) return [];
  // Read each time: an operator may have raised the timeout of its job before resuming.
  const options = { ...backfill.options, timeoutMs: await jobTimeoutMs(session, applied.view) };
  const runs = turns.map(({ span }) => ({ viewId: applied.id, fingerprint: applied.data, span }));
  const ids = await insertRuns(session, runs, { reason: 'backfill', options });
  await session.run(
    `update millrace.backfill_chunk c set run_id = t.run
       from unnest($2::int[], $3::bigint[]) as t(place, run) where c.backfill_id = $1 and c.place = t.place`,
    [backfill.id, turns.map(({ place }) => place), ids],
  );
  return ids;
}

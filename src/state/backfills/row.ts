// A backfill as stored, under the lock of its view's planning.

import { Failure } from '../../core/failure.ts';
import type { Interval } from '../../core/interval.ts';
import { command, safe, text } from '../../core/message.ts';
import type { BackfillMode } from '../../plan/backfill.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { lockPlanning } from '../locks.ts';
import type { RunOptions } from '../runs/run.ts';
import { type AppliedView, requireAppliedView } from '../views/views.ts';
import type { BackfillState } from './backfill-state.ts';

export type Backfill = {
  readonly id: number;
  readonly range: Interval;
  readonly mode: BackfillMode;
  readonly state: BackfillState;
  readonly parallel: number;
  readonly options: RunOptions;
};

/** The current backfill and view; no other session plans, pauses or ends it until the transaction ends. */
export async function lockBackfill(
  session: Session,
  id: number,
): Promise<{ readonly backfill: Backfill; readonly applied: AppliedView }> {
  const [found] = await session.query<{ viewId: number; view: string }>(
    `select v.id as "viewId", v.name as view
       from millrace.backfill b join millrace.view v on v.id = b.view_id
      where b.id = $1 and not b.expired`,
    [id],
  );
  if (found === undefined) throw noBackfill(id);
  await lockPlanning(session, found.viewId);
  const [row] = await session.query<Omit<Backfill, 'range'> & { range: string }>(
    'select id, range::text as range, mode, state, parallel, options from millrace.backfill where id = $1',
    [id],
  );
  const [range] = parseRanges(row?.range ?? '');
  if (row === undefined || range === undefined) throw noBackfill(id);
  return { backfill: { ...row, range }, applied: await requireAppliedView(session, found.view) };
}

/** The current state; null for an unknown id. */
export async function backfillState(database: Database, id: number): Promise<BackfillState | null> {
  const [row] = await database.query<{ state: BackfillState }>('select state from millrace.backfill where id = $1', [
    id,
  ]);
  return row?.state ?? null;
}

/** The options of its runs. @throws Failure NOT_FOUND */
export async function backfillOptions(database: Database, id: number): Promise<RunOptions> {
  const [row] = await database.query<{ options: RunOptions }>('select options from millrace.backfill where id = $1', [
    id,
  ]);
  if (row === undefined) throw noBackfill(id);
  return row.options;
}

/** For an unknown id, or one that retention is deleting. */
export function noBackfill(id: number): Failure {
  return new Failure(
    'NOT_FOUND',
    text`There is no backfill ${safe(id)}: "${command('millrace backfills --all')}" lists all backfills.`,
    { backfill: id },
  );
}

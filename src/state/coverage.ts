// The set of spans that are durably stored, as a commit grows it.

import type { Interval } from '../core/interval.ts';
import type { Database, Session } from '../postgres/database.ts';
import { rangeLiteral } from '../postgres/range.ts';
import type { Run } from './run.ts';

/** Whether any part of the span is covered. */
export async function coversAnyOf(database: Database | Session, viewId: number, span: Interval): Promise<boolean> {
  const [row] = await database.query<{ covers: boolean }>(
    'select covered && $2::tstzrange as covers from millrace.coverage where view_id = $1',
    [viewId, rangeLiteral(span)],
  );
  return row?.covers === true;
}

/** Takes the lock under which a view's coverage grows: first of all in every transaction that changes it. */
export async function lockCoverage(session: Session, viewId: number): Promise<void> {
  await session.run('select 1 from millrace.coverage where view_id = $1 for update', [viewId]);
}

/** Adds a run's span to what is covered; it is unpublished, and no longer stale, held or skipped. */
export async function recordCovered(session: Session, run: Run): Promise<void> {
  if (run.span === null) {
    await session.run('update millrace.coverage set last_good = millrace.now() where view_id = $1', [run.viewId]);
    await session.run(`insert into millrace.event (view_id, run_id, kind) values ($1, $2, 'covered')`, [
      run.viewId,
      run.id,
    ]);
    return;
  }
  const span = rangeLiteral(run.span);
  await session.run(
    `update millrace.coverage
        set covered = covered + s, published = published - s, stale = stale - s, held = held - s, skipped = skipped - s
       from (select tstzmultirange($2::tstzrange) as s) span where view_id = $1`,
    [run.viewId, span],
  );
  await session.run(
    `insert into millrace.event (view_id, run_id, kind, span) values ($1, $2, 'covered', tstzmultirange($3::tstzrange))`,
    [run.viewId, run.id, span],
  );
}

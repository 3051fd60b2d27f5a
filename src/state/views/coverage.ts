// The spans that are durably stored; each commit adds to them.

import type { Database } from '../../postgres/database.ts';
import { prepared } from '../../postgres/prepared.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { eventsSql } from '../events.ts';
import type { TimeRange } from '../planning/due-sets.ts';
import type { Run } from '../runs/run.ts';

/** Whether a part of a view's time has anything to read again or release. */
export async function hasPast(database: Database | Session, viewId: number, { from, to }: TimeRange): Promise<boolean> {
  const [start, end] = [from, to].map((at) => (at === null ? null : new Date(at).toISOString()));
  const [row] = await database.query<{ has: boolean }>(
    `select covered && asked or held && asked as has
       from millrace.coverage, tstzrange($2::timestamptz, $3::timestamptz) asked where view_id = $1`,
    [viewId, start, end],
  );
  return row?.has === true;
}

/** Records the start of reading: time that becomes stale later stays stale when the run commits. Returns the time in µs. */
export async function recordReading(database: Database, run: Run): Promise<number> {
  const [row] = await database.query<{ micros: number }>(
    prepared(`update millrace.run
        set read_after = coalesce((select max(id) from millrace.event where view_id = $3 and kind = 'stale'), 0)
      where id = $1 and epoch = $2
     returning (extract(epoch from millrace.now()) * 1000000)::bigint as micros`),
    [run.id, run.epoch, run.viewId],
  );
  return row?.micros ?? 0;
}

/**
 * Adds a run's span to the coverage, and its counts to the view's rows. The span is then unpublished, and no longer
 * held, skipped, redefined, or of old ids or times; it stays stale only where it became stale after the run had started to read.
 */
export async function recordCovered(session: Session, run: Run): Promise<void> {
  const added = run.counts.inserted - run.counts.removed;
  const span = run.span === null ? null : rangeLiteral(run.span);
  const event = eventsSql(`select $1::bigint, $2::bigint, 'covered', $3::tstzrange::tstzmultirange, null, null`);
  await session.run(prepared(`with recorded as (${span === null ? LATEST_RECORDED : SPAN_RECORDED}) ${event}`), [
    run.viewId,
    run.id,
    span,
    added,
  ]);
}

const LATEST_RECORDED = `
  update millrace.coverage set last_good = (select planned_at from millrace.run where id = $2), rows = rows + $4
   where view_id = $1`;

const SPAN_RECORDED = `
  update millrace.coverage
     set covered = covered + s, published = published - s, stale = stale - s + s * coalesce((
           select range_agg(part) from millrace.event e, unnest(e.span) part, millrace.run r
            where r.id = $2 and e.view_id = $1 and e.kind = 'stale' and e.id > r.read_after), '{}'),
         held = held - s, skipped = skipped - s, redefined = redefined - s, old_ids = old_ids - s,
         old_times = old_times - s, rows = rows + $4
    from (select tstzmultirange($3::tstzrange) as s) span where view_id = $1`;

/** SQL: time that an edit applied as `restate` made wrong and that is not read again yet, for the offline store. */
export function redefinedSpans(viewId: number): string {
  return `(select redefined from millrace.coverage where view_id = ${Number(viewId)})`;
}

// Spans that were covered without a file, for which one may still appear (DESIGN 3, late_files).

import type { Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import { parseRanges, rangeLiteral } from '../postgres/range.ts';

/** A span of a view whose newest run found no file, and which is still looked up. */
export type SpanWithoutFiles = { readonly viewId: number; readonly view: FeatureView; readonly span: Interval };

/** All of them, oldest first; those that are stale already are left out. */
export async function spansWithoutFiles(database: Database): Promise<SpanWithoutFiles[]> {
  const rows = await database.query<{ viewId: number; view: FeatureView; span: string }>(
    `select v.id as "viewId", v.spec as view, r.span::text as span
       from millrace.run r
       join millrace.view v on v.id = r.view_id and v.data_fingerprint = r.fingerprint
       join millrace.coverage c on c.view_id = v.id
      where r.without_files and r.state in ('committed', 'done') and v.retired_at is null
        and upper(r.span) > millrace.now() - make_interval(secs => (v.spec #>> '{files,lateMs}')::float8 / 1000)
        and not r.span <@ c.stale
        and not exists (select from millrace.run later
                         where later.view_id = r.view_id and later.id > r.id and later.span && r.span
                           and later.state <> 'superseded')
      order by r.id`,
  );
  return rows.flatMap(({ viewId, view, span }) => parseRanges(span).map((one) => ({ viewId, view, span: one })));
}

/** Makes a span stale, because a file for it has appeared. */
export async function markLate(database: Database, { viewId, span }: SpanWithoutFiles): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(
      'update millrace.coverage set stale = stale + (covered * $2::tstzrange::tstzmultirange) where view_id = $1',
      [viewId, rangeLiteral(span)],
    );
    await session.run(
      `insert into millrace.event (view_id, kind, span, note)
       values ($1, 'stale', $2::tstzrange::tstzmultirange, 'a file has appeared')`,
      [viewId, rangeLiteral(span)],
    );
  });
}

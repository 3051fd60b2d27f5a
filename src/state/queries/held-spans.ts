// The spans that wait for a person, each with what its newest run says of itself. Reads only.

import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import { IN } from '../runs/states.ts';
import { SPANS_LISTED_MAX } from './span-set.ts';

export type HeldSpan = {
  readonly view: string;
  readonly span: Interval;
  /** Null where the run is gone. */
  readonly run: { readonly id: number; readonly state: string; readonly code: string; readonly message: string } | null;
};

/** The oldest held spans of every view that is not retired. */
export async function heldSpans(database: Database): Promise<HeldSpan[]> {
  const rows = await database.query<Omit<HeldSpan, 'span'> & { readonly span: string }>(
    `select v.name as view, part::text as span, newest.run
       from millrace.view v
       join millrace.coverage c on c.view_id = v.id
      cross join lateral (select unnest(c.held) as part limit ${SPANS_LISTED_MAX}) oldest
       left join lateral (
         select jsonb_build_object('id', id, 'state', state, 'code', coalesce(error->>'code', ''),
                                   'message', coalesce(error->>'message', '')) as run
           from millrace.run
          where view_id = v.id and span && part and state ${IN.retryable}
          order by id desc limit 1) newest on true
      where v.retired_at is null order by v.name, part`,
  );
  return rows.flatMap(({ span, ...rest }) => parseRanges(span).map((one) => ({ ...rest, span: one })));
}

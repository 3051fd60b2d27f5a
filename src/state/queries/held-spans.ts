// Held spans, which wait for an operator, with the error of their newest run. Reads only.

import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import { IS_REDACTED, redactError, type ViewRedaction } from '../redaction.ts';
import type { RunError, StoredError } from '../runs/run-error.ts';
import { IN } from '../runs/states.ts';
import { SPANS_LISTED_MAX } from './span-set.ts';

export type HeldRun = { readonly id: number; readonly state: string; readonly error: RunError | null };

export type HeldSpan = {
  readonly view: string;
  readonly span: Interval;
  /** Null if the run was deleted. */
  readonly run: HeldRun | null;
};

type HeldRow = ViewRedaction & {
  readonly view: string;
  readonly span: string;
  readonly run: (Omit<HeldRun, 'error'> & { readonly error: StoredError | null }) | null;
};

/** The oldest held spans of every view that is not retired. */
export async function heldSpans(database: Database): Promise<HeldSpan[]> {
  const rows = await database.query<HeldRow>(
    `select v.name as view, part::text as span, newest.run, ${IS_REDACTED} as "isRedacted"
       from millrace.view v
       join millrace.coverage c on c.view_id = v.id
      cross join lateral (select unnest(c.held) as part limit ${SPANS_LISTED_MAX}) oldest
       left join lateral (
         select jsonb_build_object('id', id, 'state', state, 'error', error) as run
           from millrace.run
          where view_id = v.id and span && part and state ${IN.retryable}
          order by id desc limit 1) newest on true
      where v.retired_at is null order by v.name, part`,
  );
  return rows.flatMap(({ view, span, run, isRedacted }) => {
    const error = run?.error ? redactError(run.error, { isRedacted }) : null;
    return parseRanges(span).map((one) => ({ view, span: one, run: run && { ...run, error } }));
  });
}

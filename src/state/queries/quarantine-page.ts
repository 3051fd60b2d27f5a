// Refused rows for the pages: newest first, a page at a time. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import { MS } from './run-overview.ts';
import type { CutText } from './runs-page.ts';

export type ListedRefusal = {
  readonly id: number;
  readonly view: string;
  readonly run: number;
  readonly span: Interval | null;
  readonly reason: string;
  readonly field: string | null;
  /** Null if the view is redacted, since the text or the row may be older than that. */
  readonly detail: CutText | null;
  readonly row: CutText | null;
  readonly at: EpochMs;
};

export type QuarantinePage = {
  readonly view: string | null;
  readonly reason: string | null;
  readonly run: number | null;
  /** Only rows before this one. */
  readonly after: number | null;
  readonly limit: number;
};

const ROW_CHARACTERS = 1_000;

/** The refused rows of a page, newest first. */
export async function quarantinePage(database: Database, page: QuarantinePage): Promise<ListedRefusal[]> {
  const rows = await database.query<Omit<ListedRefusal, 'span'> & { span: string }>(
    `with page as (
       select * from millrace.quarantine
        where ($1::text is null or view_id = (select id from millrace.view where name = $1))
          and ($2::text is null or reason = $2) and ($3::bigint is null or run_id = $3) and ($4::bigint is null or id < $4)
        order by id desc limit $5)
     select q.id, v.name as view, q.run_id as run, r.span::text as span, q.reason, q.field, ${MS('q.at')} as at,
            case when not v.redacted then ${cut('q.detail')} end as detail,
            case when not v.redacted then ${cut('t.row')} end as row
       from page q join millrace.view v on v.id = q.view_id join millrace.run r on r.id = q.run_id
       -- A row is cast to text once; without the offset it would be cast for each use.
      cross join lateral (select q.row::text as row offset 0) t
      order by q.id desc`,
    [page.view, page.reason, page.run, page.after, page.limit],
  );
  return rows.map(({ span, ...row }) => ({ ...row, span: parseRanges(span)[0] ?? null }));
}

function cut(text: string): string {
  return `jsonb_build_object('text', left(${text}, ${ROW_CHARACTERS}), 'bytes', octet_length(${text}))`;
}

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
     select q.id, v.name as view, q.run_id as run, r.span::text as span, q.reason, ${MS('q.at')} as at,
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

/** The number of refusals of a view for one reason, among the newest stored rows. */
export type RefusalSum = {
  readonly view: string;
  readonly reason: string;
  readonly rows: number;
  readonly runs: number;
  /** The newest of its runs. */
  readonly run: number;
};

const NEWEST_ROWS = 5_000;
const SUMS = 20;

/**
 * Counts the newest stored rows of all views, or one, by reason: most frequent first. `isAll` if no older ones are
 * stored.
 */
export async function refusalSums(
  database: Database,
  view: string | null,
): Promise<{ readonly sums: readonly RefusalSum[]; readonly ofRows: number; readonly isAll: boolean }> {
  const rows = await database.query<RefusalSum & { ofRows: number }>(
    `with newest as (
       select view_id, reason, run_id from millrace.quarantine
        where $1::text is null or view_id = (select id from millrace.view where name = $1)
        order by id desc limit $2),
     sums as (
       select view_id, reason, count(*)::int as rows, count(distinct run_id)::int as runs, max(run_id) as run
         from newest group by view_id, reason)
     select v.name as view, s.reason, s.rows, s.runs, s.run, (sum(s.rows) over ())::int as "ofRows"
       from sums s join millrace.view v on v.id = s.view_id
      order by s.rows desc, v.name, s.reason limit $3`,
    [view, NEWEST_ROWS, SUMS],
  );
  const ofRows = rows[0]?.ofRows ?? 0;
  return { sums: rows.map(({ ofRows: _, ...sum }) => sum), ofRows, isAll: ofRows < NEWEST_ROWS };
}

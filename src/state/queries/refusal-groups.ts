// Stored refused rows by view, reason and field, with examples. Reads only.

import type { Database } from '../../postgres/database.ts';

export type RefusalGroup = {
  readonly view: string;
  readonly reason: string;
  /** Null if the whole row is malformed, or was refused by an earlier release. */
  readonly field: string | null;
  readonly rows: number;
  readonly runs: number;
  /** The newest of its runs. */
  readonly run: number;
  /** What was wrong with the newest rows, each text once; empty if the view is redacted. */
  readonly examples: readonly string[];
};

export type RefusalGroups = {
  readonly groups: readonly RefusalGroup[];
  /** The number of rows that were grouped; `isAll` if no older ones are stored. */
  readonly ofRows: number;
  readonly isAll: boolean;
};

const NEWEST_ROWS = 5_000;
const GROUPS = 50;
const EXAMPLES = 3;
/** The newest rows of a group among which examples are searched. */
const EXAMPLE_ROWS = 20;
const EXAMPLE_CHARACTERS = 300;

/** Groups the newest stored rows of all views, of one, or of one run: the largest group first. */
export async function refusalGroups(
  database: Database,
  { view, run = null }: { readonly view: string | null; readonly run?: number | null },
): Promise<RefusalGroups> {
  const rows = await database.query<RefusalGroup & { ofRows: number }>(
    `with newest as (
       select id, view_id, reason, field, run_id, left(detail, ${EXAMPLE_CHARACTERS}) as detail from millrace.quarantine
        where ($1::text is null or view_id = (select id from millrace.view where name = $1))
          and ($2::bigint is null or run_id = $2)
        order by id desc limit $3),
     ranked as (
       select *, row_number() over (partition by view_id, reason, field order by id desc) as place from newest),
     sums as (
       select view_id, reason, field, count(*)::int as rows, count(distinct run_id)::int as runs, max(run_id) as run,
              array_agg(distinct detail) filter (where place <= ${EXAMPLE_ROWS}) as details
         from ranked group by view_id, reason, field)
     select v.name as view, s.reason, s.field, s.rows, s.runs, s.run, (sum(s.rows) over ())::int as "ofRows",
            case when v.redacted then '[]' else to_jsonb(s.details[1:${EXAMPLES}]) end as examples
       from sums s join millrace.view v on v.id = s.view_id
      order by s.rows desc, v.name, s.reason, s.field limit ${GROUPS}`,
    [view, run, NEWEST_ROWS],
  );
  const ofRows = rows[0]?.ofRows ?? 0;
  return { groups: rows.map(({ ofRows: _, ...group }) => group), ofRows, isAll: ofRows < NEWEST_ROWS };
}

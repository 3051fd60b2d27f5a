// Earlier runs of a view that a run, or a preview of one, is compared with: committed, and of the same query.

import type { Check, SameTime } from '../../definition/check.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import { periodOf, reachMs, type UnitRows } from '../../quality/judge-volume.ts';
import type { Profile } from '../../quality/profile.ts';
import type { Run } from '../runs/run.ts';

/** What is compared: a run, or what a run with this fingerprint would be. */
export type Comparable = Pick<Run, 'viewId' | 'view' | 'span'> &
  ({ readonly id: number } | { readonly fingerprint: string });

type Compared = Extract<Check, { readonly comparedTo: number }>;

const RUNS_READ_MAX = 20_000;
const COMPARABLE = `r.view_id = $1 and r.committed_at is not null and r.profile is not null and r.id is distinct from $2::bigint
  and r.fingerprint = coalesce($3::text, (select fingerprint from millrace.run where id = $2::bigint))`;

/** The parameters $1 to $3. */
function compared(run: Comparable): unknown[] {
  return [run.viewId, 'id' in run ? run.id : null, 'id' in run ? null : run.fingerprint];
}

/** The profiles of the newest comparable runs; `same` compares the newest unit of each. */
export async function earlierProfiles(database: Database, run: Comparable, check: Compared): Promise<Profile[]> {
  const { span, view } = run;
  if (span === null) {
    const rows = await database.query<{ profile: Profile }>(
      `select r.profile from millrace.run r where ${COMPARABLE} and lower(r.span) is null order by r.id desc limit $4`,
      [...compared(run), check.comparedTo],
    );
    return rows.map(({ profile }) => profile);
  }
  const rows = await database.query<{ profile: Profile }>(
    `select distinct on (lower(r.span)) r.profile from millrace.run r
      where ${COMPARABLE} and lower(r.span) < $4::timestamptz and ${sameTimeSql(check.same, view.unitMs)}
      order by lower(r.span) desc, r.id desc limit $6`,
    [...compared(run), timeOf(span.start), timeOf(span.end), check.comparedTo],
  );
  return rows.map(({ profile }) => profile);
}

/** Whether the newest units of the run and of the run with the end $5 have the same time. */
function sameTimeSql(same: SameTime, unitMs: number): string {
  const { period, part } = periodOf(same);
  const of = (end: string) => `div(mod(extract(epoch from ${end}) * 1000 - ${unitMs}, ${period}), ${part})`;
  return `${of('upper(r.span)')} = ${of('$5::timestamptz')}`;
}

type UnitsRow = {
  readonly span: string;
  readonly rows: number | null;
  readonly units: readonly (readonly [start: number, rows: number])[] | null;
};

/** The rows of earlier units, oldest first: of each unit those of its newest run. */
export async function earlierUnits(
  database: Database,
  run: Comparable,
  check: Extract<Check, { readonly kind: 'volume' }>,
): Promise<UnitRows[]> {
  const { span } = run;
  if (span === null) return earlierRuns(database, run, check);
  const { unitMs } = run.view;
  // With some time that was skipped.
  const from = new Date(span.start - 2 * reachMs(check, unitMs) - unitMs).toISOString();
  const rows = await database.query<UnitsRow>(
    `select r.span::text as span, (r.counts->>'accepted')::bigint as rows,
            case when upper(r.span) - lower(r.span) > ${unitMs} * interval '1 ms' then r.profile->'units' end as units
       from millrace.run r
      where ${COMPARABLE} and lower(r.span) >= $4::timestamptz and lower(r.span) < $5::timestamptz
      order by r.id desc limit ${RUNS_READ_MAX}`,
    [...compared(run), from, timeOf(span.start)],
  );
  const byStart = new Map<number, number>();
  for (const row of rows.reverse()) for (const [start, count] of unitsOf(row, unitMs)) byStart.set(start, count);
  return [...byStart]
    .map(([start, count]) => ({ start, rows: count }))
    .filter(({ start }) => start < span.start)
    .sort((a, b) => a.start - b.start);
}

/** A run over several units counts only if it recorded the rows of each. */
function unitsOf({ span, rows, units }: UnitsRow, unitMs: number): (readonly [start: number, rows: number])[] {
  const [range] = parseRanges(span);
  if (range === undefined || rows === null) return [];
  if (range.end - range.start === unitMs) return [[range.start, rows]];
  if (units === null) return [];
  const counts = new Map(units);
  const length = Math.round((range.end - range.start) / unitMs);
  return Array.from({ length }, (_, index) => {
    const start = range.start + index * unitMs;
    return [start, counts.get(start) ?? 0] as const;
  });
}

/** Of a view without units: its newest runs. */
async function earlierRuns(database: Database, run: Comparable, { comparedTo }: Compared): Promise<UnitRows[]> {
  const rows = await database.query<{ rows: number | null }>(
    `select (r.counts->>'accepted')::bigint as rows from millrace.run r
      where ${COMPARABLE} and lower(r.span) is null order by r.id desc limit $4`,
    [...compared(run), comparedTo],
  );
  return rows.reverse().map(({ rows: count }) => ({ start: 0, rows: count ?? 0 }));
}

function timeOf(instant: number): string {
  return new Date(instant).toISOString();
}

// What many failed runs left undone, planned again at once: what to do after an outage.

import { difference, type Interval, union } from '../../core/interval.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { lockPlanning } from '../locks.ts';
import { insertRuns, type NewRun } from './insert.ts';
import { jobTimeoutMs } from './job-timeout.ts';
import { followByBackfill, type RetryChanges } from './retry.ts';
import type { RunOptions } from './run.ts';
import { IN } from './states.ts';

/** Which failed runs are meant; null and an empty list leave nothing out. */
export type FailedFilter = { readonly codes: readonly string[]; readonly sinceMs: number | null };

/** The views that are looked at. */
export type FailedOf = {
  readonly id: number;
  readonly view: { readonly name: string; readonly tags: readonly string[] };
};

export type FailedRetried = {
  /** The new runs, and of each the failed run whose time it covers. */
  readonly runs: readonly { readonly run: number; readonly failed: number; readonly view: string }[];
  /** Views with such runs that their circuit has paused; the caller resumes them. */
  readonly circuits: readonly string[];
  /** Whether there are more failed runs than one call looks at. */
  readonly hasMore: boolean;
};

/** Some seconds of work in one transaction. */
export const FAILED_RUNS_MAX = 10_000;

type Row = {
  readonly id: number;
  readonly viewId: number;
  readonly fingerprint: string;
  readonly span: string;
  readonly held: string;
  readonly options: RunOptions;
  readonly isMeant: boolean;
  readonly isPaused: boolean;
  readonly isOfBackfill: boolean;
};

/**
 * Plans runs over what is held because of the failed runs of these views. Where runs failed one over the other, the newest
 * says why that time is held: an older one is planned again only where no newer one lies. Views that a person has paused, or
 * whose query was edited, are left out.
 */
export async function retryFailedRuns(
  session: Session,
  views: readonly FailedOf[],
  filter: FailedFilter,
  changes: RetryChanges = {},
): Promise<FailedRetried> {
  const byId = new Map(views.map((one) => [one.id, one.view]));
  // All of them first and in order, as everyone who locks several does.
  for (const id of [...byId.keys()].sort((one, other) => one - other)) await lockPlanning(session, id);
  const rows = await failedRows(session, [...byId.keys()], filter);
  const looked = rows.slice(0, FAILED_RUNS_MAX);
  const byView = [...Map.groupBy(looked, ({ viewId }) => viewId)].sort(([one], [other]) => one - other);
  const parts = byView.flatMap(([, ofView]) => undoneParts(ofView));
  const runs: { run: number; failed: number; view: string }[] = [];
  for (const [, alike] of Map.groupBy(parts, ({ row }) => `${row.viewId} ${JSON.stringify(row.options)}`)) {
    const [{ row: first }] = alike as [Part, ...Part[]]; // a group has at least one
    const view = byId.get(first.viewId) ?? { name: '', tags: [] };
    const options = { ...first.options, ...changes, timeoutMs: await jobTimeoutMs(session, view) };
    const planned = alike.map(({ row, span }): NewRun => ({ viewId: row.viewId, fingerprint: row.fingerprint, span }));
    const ids = await insertRuns(session, planned, { reason: 'manual', options });
    for (const [index, { row, span }] of alike.entries()) {
      const run = ids[index] ?? 0;
      if (row.isOfBackfill) await followByBackfill(session, { viewId: row.viewId, span }, run);
      runs.push({ run, failed: row.id, view: view.name });
    }
  }
  const circuits = [
    ...new Set(parts.filter(({ row }) => row.isPaused).map(({ row }) => byId.get(row.viewId)?.name ?? '')),
  ];
  return { runs: runs.sort((one, other) => one.run - other.run), circuits, hasMore: rows.length > FAILED_RUNS_MAX };
}

type Part = { readonly row: Row; readonly span: Interval };

/** What of the held time of one view each run that is meant has left undone; `rows` newest first. Gives the oldest run first. */
function undoneParts(rows: readonly Row[]): Part[] {
  const parts: Part[] = [];
  let taken: readonly Interval[] = [];
  for (const row of rows) {
    const own = parseRanges(row.span);
    const left = difference(parseRanges(row.held), taken);
    if (row.isMeant) parts.push(...left.map((span) => ({ row, span })));
    taken = union([...taken, ...own]);
  }
  return parts.reverse();
}

/** The failed and cancelled runs whose spans are held, newest first; `held` is what of their span is held and in no open run. */
async function failedRows(
  session: Session,
  viewIds: readonly number[],
  { codes, sinceMs }: FailedFilter,
): Promise<Row[]> {
  return session.query<Row>(
    `select r.id, r.view_id as "viewId", r.fingerprint, r.span::text as span, r.options,
            (c.held * tstzmultirange(r.span) - open.spans)::text as held, v.paused_kind is not null as "isPaused",
            r.state = 'failed' and (cardinality($2::text[]) = 0 or r.error->>'code' = any($2))
              and ($3::float8 is null or r.closed_at >= millrace.now() - $3 * interval '1 ms') as "isMeant",
            exists (select from millrace.backfill_chunk b where b.run_id = r.id) as "isOfBackfill"
       from millrace.run r
       join millrace.view v on v.id = r.view_id and v.data_fingerprint = r.fingerprint
       join millrace.coverage c on c.view_id = v.id
      cross join lateral (
        select coalesce(range_agg(o.span), '{}') as spans from millrace.run o
         where o.view_id = v.id and o.state ${IN.unstored}) open
      where r.view_id = any($1) and r.state ${IN.retryable} and r.span && c.held and not lower_inf(r.span)
        and (v.paused_kind is null or v.paused_kind = 'circuit') and v.edited_fingerprint is null and v.retired_at is null
      order by r.id desc limit ${FAILED_RUNS_MAX + 1}`,
    [viewIds, codes, sinceMs],
  );
}

// Plans the work of many failed runs again: for use after an outage.

import { difference, type Interval, union } from '../../core/interval.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { lockPlanning } from '../locks.ts';
import { insertRuns, type NewRun } from './insert.ts';
import { jobTimeoutMs } from './job-timeout.ts';
import { followByBackfill, type RetryChanges } from './retry.ts';
import type { RunOptions } from './run.ts';
import { IN } from './states.ts';

/** The failed runs to retry; null and an empty list do not filter. */
export type FailedFilter = { readonly codes: readonly string[]; readonly sinceMs: number | null };

/** The views to check. */
export type FailedOf = {
  readonly id: number;
  readonly view: { readonly name: string; readonly tags: readonly string[] };
};

export type FailedRetried = {
  /** The new runs, each with the failed run that it replaces. */
  readonly runs: readonly { readonly run: number; readonly failed: number; readonly view: string }[];
  /** Views with such runs that their circuit has paused; the caller resumes them. */
  readonly circuits: readonly string[];
  /** Whether there are more failed runs than one call handles. */
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
  readonly isSelected: boolean;
  readonly isPaused: boolean;
  readonly isOfBackfill: boolean;
};

/**
 * Plans runs over the held spans of failed runs of these views. If failed runs overlap, the newest determines the
 * reason: an older one is retried only outside of newer ones. Views that an operator has paused, or with an edited
 * query, are left out.
 */
export async function retryFailedRuns(
  session: Session,
  views: readonly FailedOf[],
  filter: FailedFilter,
  changes: RetryChanges = {},
): Promise<FailedRetried> {
  const byId = new Map(views.map((one) => [one.id, one.view]));
  // Lock all of them first and in order, as everywhere.
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

/** The held parts of one view for each selected run; `rows` newest first. Returns the oldest run first. */
function undoneParts(rows: readonly Row[]): Part[] {
  const parts: Part[] = [];
  let taken: readonly Interval[] = [];
  for (const row of rows) {
    const own = parseRanges(row.span);
    const left = difference(parseRanges(row.held), taken);
    if (row.isSelected) parts.push(...left.map((span) => ({ row, span })));
    taken = union([...taken, ...own]);
  }
  return parts.reverse();
}

/**
 * Failed and cancelled runs with held spans, newest first; `held` is the held part of their span outside of open runs.
 */
async function failedRows(
  session: Session,
  viewIds: readonly number[],
  { codes, sinceMs }: FailedFilter,
): Promise<Row[]> {
  return session.query<Row>(
    `select r.id, r.view_id as "viewId", r.fingerprint, r.span::text as span, r.options,
            (c.held * tstzmultirange(r.span) - open.spans)::text as held, v.paused_kind is not null as "isPaused",
            r.state = 'failed' and (cardinality($2::text[]) = 0 or r.error->>'code' = any($2))
              and ($3::float8 is null or r.closed_at >= millrace.now() - $3 * interval '1 ms') as "isSelected",
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

// Plans the work of many failed runs again: for use after an outage.

import { difference, type Interval, union } from '../../core/interval.ts';
import type { FeatureView } from '../../definition/view.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { lockPlanning } from '../locks.ts';
import { AWAY } from '../outages/away.ts';
import { insertRuns, type NewRun } from './insert.ts';
import { jobTimeoutMs } from './job-timeout.ts';
import { followByBackfill, type RetryChanges } from './retry.ts';
import { type RunOptions, type RunReason, retriedOptions } from './run.ts';
import { IN } from './states.ts';

/** The failed runs to retry; null and an empty list do not filter. */
export type FailedFilter = { readonly codes: readonly string[]; readonly sinceMs: number | null };

/** The views to check. */
export type FailedOf = {
  readonly id: number;
  readonly view: Pick<FeatureView, 'name' | 'tags' | 'partsOf'>;
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

/** A failed run with held time. */
export type FailedRow = {
  readonly id: number;
  readonly viewId: number;
  readonly reason: RunReason;
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
  const rows = await failedRows(session, [...byId.keys()], filter, null);
  const looked = rows.slice(0, FAILED_RUNS_MAX);
  const byView = [...Map.groupBy(looked, ({ viewId }) => viewId)].sort(([one], [other]) => one - other);
  const parts = byView
    .flatMap(([, ofView]) => undoneParts(ofView))
    .map((part) => ({ ...part, reason: 'manual' as const }));
  const runs = await plannedAgain(session, byId, parts, changes);
  const circuits = [
    ...new Set(parts.filter(({ row }) => row.isPaused).map(({ row }) => byId.get(row.viewId)?.name ?? '')),
  ];
  return { runs, circuits, hasMore: rows.length > FAILED_RUNS_MAX };
}

/** A part of a failed run, to be planned again with a reason. */
export type PlannedPart = Part & { readonly reason: RunReason };

/** Plans a run for each part, in a transaction that holds the planning locks of the views. */
export async function plannedAgain(
  session: Session,
  views: ReadonlyMap<number, FailedOf['view']>,
  parts: readonly PlannedPart[],
  changes: RetryChanges,
): Promise<FailedRetried['runs']> {
  const runs: { run: number; failed: number; view: string }[] = [];
  for (const [, alike] of Map.groupBy(parts, keyOf)) {
    const [one] = alike;
    if (one === undefined) continue;
    const { row: first, reason } = one;
    const view = views.get(first.viewId) ?? { name: '', tags: [] };
    const options = { ...retriedOptions(first.options), ...changes, timeoutMs: await jobTimeoutMs(session, view) };
    const planned = alike.map(({ row, span }): NewRun => ({ viewId: row.viewId, fingerprint: row.fingerprint, span }));
    const ids = await insertRuns(session, planned, { reason, options });
    for (const [index, { row, span }] of alike.entries()) {
      const run = ids[index] ?? 0;
      if (row.isOfBackfill) await followByBackfill(session, { viewId: row.viewId, span }, run);
      runs.push({ run, failed: row.id, view: view.name });
    }
  }
  return runs.sort((one, other) => one.run - other.run);
}

/** Parts with the same key are planned together. */
function keyOf({ row, reason }: PlannedPart): string {
  return `${row.viewId} ${reason} ${JSON.stringify(row.options)}`;
}

type Part = { readonly row: FailedRow; readonly span: Interval };

/** The held parts of one view for each selected run; `rows` newest first. Returns the oldest run first. */
export function undoneParts(rows: readonly FailedRow[]): Part[] {
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

const ALL_HELD = 'select view_id, held, held as spans from millrace.coverage where view_id = any($1)';

const HELD_BY_SOURCE = `
  select v.id as view_id, c.held, waiting.spans
    from millrace.view v join millrace.coverage c on c.view_id = v.id cross join ${AWAY} waiting
   where v.id = any($1) and waiting.source = $4`;

/**
 * Failed and cancelled runs with held time, newest first; `held` is its part within their span outside of open runs. With
 * a source, only time that waits for it alone.
 */
export async function failedRows(
  session: Session,
  viewIds: readonly number[],
  { codes, sinceMs }: FailedFilter,
  source: string | null,
): Promise<FailedRow[]> {
  return session.query<FailedRow>(
    `with waiting as materialized (${source === null ? ALL_HELD : HELD_BY_SOURCE})
     select r.id, r.view_id as "viewId", r.reason, r.fingerprint, r.span::text as span, r.options,
            (waiting.spans * tstzmultirange(r.span) - open.spans)::text as held, v.paused_kind is not null as "isPaused",
            r.state = 'failed' and (cardinality($2::text[]) = 0 or r.error->>'code' = any($2))
              and ($3::float8 is null or r.closed_at >= millrace.now() - $3 * interval '1 ms') as "isSelected",
            exists (select from millrace.backfill_chunk b where b.run_id = r.id) as "isOfBackfill"
       from millrace.run r
       join millrace.view v on v.id = r.view_id and v.data_fingerprint = r.fingerprint
       join waiting on waiting.view_id = v.id
      cross join lateral (
        select coalesce(range_agg(o.span), '{}') as spans from millrace.run o
         where o.view_id = v.id and o.state ${IN.unstored}) open
      where r.view_id = any($1) and r.state ${IN.retryable} and r.span && waiting.spans and not lower_inf(r.span)
        and (v.paused_kind is null or v.paused_kind = 'circuit') and v.edited_fingerprint is null and v.retired_at is null
      order by r.id desc limit ${FAILED_RUNS_MAX + 1}`,
    [viewIds, codes, sinceMs, ...(source === null ? [] : [source])],
  );
}

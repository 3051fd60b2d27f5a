// Runs for the pages: newest first, a page at a time, with long strings cut in the query. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { cut, type Message } from '../../core/message.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { TimeRange } from '../planning/planning.ts';
import { IS_REDACTED, redactError, type ViewRedaction } from '../redaction.ts';
import { NO_COUNTS, type RunCounts, type RunReason, workedSql } from '../runs/run.ts';
import { type StoredError, shortError } from '../runs/run-error.ts';
import { IN, type RunState } from '../runs/states.ts';
import { redactWait, shortWait, type Wait } from '../runs/wait.ts';
import { MS, NEXT_ATTEMPT } from './run-overview.ts';

/** The beginning of a string, and the size of all of it. */
export type CutText = { readonly text: string; readonly bytes: number };

/** `bytes` is the size of the whole message, if only its beginning was read. */
export type RunProblem = { readonly code: string; readonly message: Message; readonly bytes: number };

export type ListedRun = {
  readonly id: number;
  readonly view: string;
  readonly span: Interval | null;
  readonly reason: RunReason;
  readonly state: RunState;
  readonly attempt: number;
  readonly counts: RunCounts;
  /** Why it failed, or why it waits for a retry; else null. */
  readonly trouble: RunProblem | null;
  /** What it waits for if no worker has it and `trouble` is null; else null. */
  readonly wait: Wait | null;
  readonly nextAttemptAt: EpochMs | null;
  readonly plannedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly closedAt: EpochMs | null;
};

export type RunsPage = {
  readonly view: string | null;
  readonly state: RunState | null;
  readonly reason?: RunReason | null;
  /** Only failed runs with this code. */
  readonly code?: string | null;
  /** Only runs planned within this time. */
  readonly planned?: TimeRange;
  /** Only runs before this one. */
  readonly before: number | null;
  readonly limit: number;
};

const TEXT_CHARACTERS = 300;
const IS_WAITING = `r.state ${IN.open} and r.owner is null and r.waiting_for is not null`;
const IS_AFTER_ERROR = `(r.waiting_for->>'kind' in ('retry', 'publish') and r.error is not null)`;

/** The runs of a page, newest first. */
export async function runsPage(database: Database, page: RunsPage): Promise<ListedRun[]> {
  const { view, state, reason = null, code = null, planned } = page;
  const [from, to] = [planned?.from ?? null, planned?.to ?? null].map((at) =>
    at === null ? null : new Date(at).toISOString(),
  );
  const rows = await database.query<ListedRow>(RUNS, [view, state, page.before, page.limit, reason, code, from, to]);
  return rows.map(({ isRedacted, error, ...row }) => ({
    ...row,
    span: parseRanges(row.span)[0] ?? null,
    counts: { ...NO_COUNTS, ...row.counts },
    trouble: error === null ? null : troubleOf(error, { isRedacted }),
    wait: redactWait(row.wait, { isRedacted }),
  }));
}

type ListedRow = Omit<ListedRun, 'span' | 'counts' | 'trouble'> &
  ViewRedaction & {
    readonly span: string;
    readonly counts: Partial<RunCounts>;
    /** The error of a failed or retried run, with its full size in bytes. */
    readonly error: (StoredError & { readonly bytes: number }) | null;
  };

function troubleOf(error: NonNullable<ListedRow['error']>, view: ViewRedaction): RunProblem {
  const { code, parts } = redactError(error, view);
  return { code, message: cut(parts, TEXT_CHARACTERS), bytes: error.bytes };
}

// The page is selected first, from an index in its order; only its rows are joined.
const RUNS = `
  with page as (
    select * from millrace.run
     where ($1::text is null or view_id = (select id from millrace.view where name = $1))
       and ($2::text is null or state = $2) and ($3::bigint is null or id < $3)
       and ($5::text is null or reason = $5) and ($6::text is null or (state = 'failed' and error->>'code' = $6))
       and ($7::timestamptz is null or planned_at >= $7) and ($8::timestamptz is null or planned_at < $8)
     order by id desc limit $4)
  select r.id, v.name as view, r.span::text as span, r.reason, r.state, r.attempt, r.counts,
         case when r.state = 'failed' or (${IS_WAITING} and ${IS_AFTER_ERROR})
                then ${shortError('r.error', TEXT_CHARACTERS)} || jsonb_build_object('bytes', octet_length(r.error->>'message'))
              end as error,
         case when ${IS_WAITING} and not ${IS_AFTER_ERROR} then ${shortWait('r.waiting_for')} end as wait, ${IS_REDACTED} as "isRedacted",
         case when r.closed_at is null then ${NEXT_ATTEMPT} end as "nextAttemptAt",
         ${MS('r.planned_at')} as "plannedAt", ${MS('r.started_at')} as "startedAt", ${MS('r.closed_at')} as "closedAt"
    from page r join millrace.view v on v.id = r.view_id
   order by r.id desc`;

/** A run as a mark or a bar. */
export type RunMark = {
  readonly id: number;
  readonly state: RunState;
  readonly span: Interval | null;
  readonly reason: RunReason;
  /** When it was closed, else started, else planned. */
  readonly at: EpochMs;
  /** How long workers worked on it, without waits; null unless it has begun and ended. */
  readonly tookMs: number | null;
  readonly accepted: number;
  readonly refused: number;
  readonly refusedBy: Readonly<Record<string, number>>;
};

/** The newest runs of each of these views, oldest first. */
export async function newestRuns(
  database: Database,
  views: readonly string[],
  limit: number,
): Promise<ReadonlyMap<string, readonly RunMark[]>> {
  const rows = await database.query<Omit<RunMark, 'span'> & { view: string; span: string }>(
    `select v.name as view, r.id, r.state, r.reason, r.span::text as span,
            ${MS('coalesce(r.closed_at, r.started_at, r.planned_at)')} as at,
            case when r.closed_at is not null and r.started_at is not null
              then floor(extract(epoch from ${workedSql('r.closed_at')}) * 1000)::bigint end as "tookMs",
            coalesce((r.counts->>'accepted')::bigint, 0) as accepted, coalesce((r.counts->>'refused')::bigint, 0) as refused,
            coalesce(r.counts->'refusedBy', '{}') as "refusedBy"
       from millrace.view v
      cross join lateral (select * from millrace.run where view_id = v.id order by id desc limit $2) r
      where v.name = any($1) order by r.id`,
    [views, limit],
  );
  const marks = rows.map(({ span, ...row }) => ({ ...row, span: parseRanges(span)[0] ?? null }));
  return Map.groupBy(marks, ({ view }) => view);
}

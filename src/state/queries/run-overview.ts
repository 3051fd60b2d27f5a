// Overview of runs for users. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { CheckOutcome } from '../../quality/outcome.ts';
import type { TimeRange } from '../planning/due-sets.ts';
import { IS_REDACTED, redactError, redactOutcomes, redactText, type ViewRedaction } from '../redaction.ts';
import { DEFAULT_RUN_OPTIONS, NO_COUNTS, type RunCounts, type RunReason } from '../runs/run.ts';
import type { RunError, StoredError } from '../runs/run-error.ts';
import type { StageName } from '../runs/stages.ts';
import { IN, isOver, type RunState } from '../runs/states.ts';
import { redactWait, shortWait, type Wait } from '../runs/wait.ts';

export type RunOverview = {
  readonly id: number;
  readonly view: string;
  readonly span: Interval | null;
  readonly reason: RunReason;
  readonly state: RunState;
  /** The current stage, the next one, or the last one that started. */
  readonly stage: StageName;
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly owner: string | null;
  /** The end of the owner's lease, unless it is renewed. */
  readonly leaseUntil: EpochMs | null;
  readonly counts: RunCounts;
  /** The error of the newest failed attempt of an open or failed run; else null. */
  readonly error: RunError | null;
  readonly notes: readonly string[];
  /** The outcomes of the view's checks. */
  readonly checks: readonly CheckOutcome[];
  readonly wait: Wait | null;
  /** The time until the next attempt. */
  readonly waitMs: number;
  /** When that is, if it is in the future. */
  readonly nextAttemptAt: EpochMs | null;
  readonly plannedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly committedAt: EpochMs | null;
  readonly closedAt: EpochMs | null;
};

export type RunFilter = {
  readonly view?: string | null;
  /** Only runs of these views. */
  readonly views?: readonly string[] | null;
  readonly ids?: readonly number[];
  readonly states?: readonly RunState[];
  /** Only runs whose span overlaps this part of time. */
  readonly within?: TimeRange;
  readonly limit?: number;
};

/** Whether an open run has no worker because its time has not come. */
export function isWaiting(run: Pick<RunOverview, 'state' | 'owner' | 'wait'>): boolean {
  return !isOver(run) && run.owner === null && run.wait !== null;
}

/** An instant as milliseconds. */
export const MS = (instant: string) => `floor(extract(epoch from ${instant}) * 1000)::bigint`;
/** From a row of a run: the attempts that `options` allow, and the time of the next attempt if it is in the future. */
export const ATTEMPTS_MAX = `coalesce((options->>'attempts')::int, ${DEFAULT_RUN_OPTIONS.attempts})`;
/** From a row of a run and its view `v`: the outcomes of checks that it failed and that only warn. */
export const WARNINGS = `coalesce((select jsonb_agg(case when ${IS_REDACTED} then outcome - 'examples' else outcome end) from jsonb_array_elements(checks) outcome
  where outcome->>'state' = 'broken' and outcome->'check'->>'onFailure' = 'warn'), '[]')`;
export const NEXT_ATTEMPT = `case when not_before > millrace.now() then ${MS('not_before')} end`;

type RunRow = Omit<RunOverview, 'span' | 'counts' | 'error'> &
  ViewRedaction & {
    readonly span: string;
    readonly counts: Partial<RunCounts>;
    readonly error: StoredError | null;
  };

/** The newest runs that match the filter, newest first. */
export async function runOverviews(database: Database, filter: RunFilter): Promise<RunOverview[]> {
  const { from = null, to = null } = filter.within ?? {};
  const isoOf = (at: EpochMs | null) => (at === null ? null : new Date(at).toISOString());
  const rows = await database.query<RunRow>(
    `select r.id, v.name as view, r.span::text as span, r.reason, r.state, r.stage, r.attempt, ${ATTEMPTS_MAX} as "attemptsMax", r.owner,
            ${MS('r.lease_until')} as "leaseUntil", r.counts,
            case when r.state ${IN.open} or r.state = 'failed' then r.error end as error, ${IS_REDACTED} as "isRedacted", r.notes, coalesce(r.checks, '[]') as checks, ${shortWait('r.waiting_for')} as wait,
            ceil(greatest(0, coalesce(extract(epoch from r.not_before - millrace.now()), 0) * 1000))::int as "waitMs",
            case when r.closed_at is null then ${NEXT_ATTEMPT} end as "nextAttemptAt",
            ${MS('r.planned_at')} as "plannedAt", ${MS('r.started_at')} as "startedAt",
            ${MS('r.committed_at')} as "committedAt", ${MS('r.closed_at')} as "closedAt"
       from millrace.run r join millrace.view v on v.id = r.view_id
      where ($1::text is null or v.name = $1) and ($2::bigint[] is null or r.id = any($2))
        and ($3::text[] is null or r.state = any($3))
        and r.span && tstzrange($5::timestamptz, $6::timestamptz)
        and ($7::text[] is null or v.name = any($7))
      order by r.id desc limit $4`,
    [
      filter.view ?? null,
      filter.ids ?? null,
      filter.states ?? null,
      filter.limit ?? null,
      isoOf(from),
      isoOf(to),
      filter.views ?? null,
    ],
  );
  return rows.map(({ isRedacted, ...row }) => ({
    ...row,
    span: parseRanges(row.span)[0] ?? null,
    counts: { ...NO_COUNTS, ...row.counts },
    error: row.error === null ? null : redactError(row.error, { isRedacted }),
    checks: redactOutcomes(row.checks, { isRedacted }),
    notes: row.notes.map((note) => redactText(note, { isRedacted })),
    wait: redactWait(row.wait, { isRedacted }),
  }));
}

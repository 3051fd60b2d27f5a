// Runs and backfills as the API returns them.

import { partText } from '../../core/message.ts';
import { isoOf, isoSpan } from '../../presentation/format.ts';
import { outcomeText } from '../../presentation/runs/checks.ts';
import { waitingForText } from '../../presentation/runs/waits.ts';
import type { BackfillOverview } from '../../state/backfills/overview.ts';
import type { RunOverview } from '../../state/queries/run-overview.ts';
import { z } from '../schemas.ts';

const spanSchema = z.object({ start: z.string(), end: z.string() }).nullable();
const COUNT = z.int();

const runCountsSchema = z
  .object({
    read: COUNT,
    accepted: COUNT,
    refused: COUNT,
    refused_by: z.record(z.string(), COUNT).openapi({ description: 'The number of refused rows for each reason.' }),
    inserted: COUNT,
    changed: COUNT,
    unchanged: COUNT,
    duplicates: COUNT,
    removed: COUNT,
    kept: COUNT.openapi({ description: 'Stored rows that are kept because their replacements were refused.' }),
  })
  .openapi({ description: 'Numbers of rows.' });

const chunkCountsSchema = z.object({
  waiting: COUNT,
  running: COUNT,
  done: COUNT,
  failed: COUNT,
  cancelled: COUNT,
  skipped: COUNT,
  total: COUNT,
});

const checkSchema = z.object({
  state: z.enum(['passed', 'broken', 'skipped']).openapi({
    description: '`skipped`: there was not enough history, or there were not enough values, to evaluate the check.',
  }),
  on_failure: z.enum(['refuse', 'warn', 'fail']),
  accepted: z
    .boolean()
    .openapi({ description: 'True if an operator accepted the failed check, so that the rows were stored.' }),
  detail: z.string().openapi({ description: 'The outcome as a sentence.' }),
});

export const runSchema = z
  .object({
    id: z.int(),
    view: z.string(),
    span: spanSchema,
    reason: z.string(),
    state: z.string().openapi({ description: 'planned, active, committed, done, failed, cancelled or superseded.' }),
    attempt: z.int(),
    counts: runCountsSchema,
    checks: z.array(checkSchema).openapi({ description: "The outcome of each of the view's checks." }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    waiting_for: z.string().nullable(),
    planned_at: z.string(),
    started_at: z.string().nullable(),
    committed_at: z.string().nullable(),
    closed_at: z.string().nullable(),
  })
  .openapi('Run');

export const backfillSchema = z
  .object({
    id: z.int(),
    view: z.string(),
    range: spanSchema,
    mode: z.string(),
    state: z.string().openapi({ description: 'running, paused, complete, partial or cancelled.' }),
    chunks: chunkCountsSchema,
    units: chunkCountsSchema,
    rows: z.int(),
    asked_by: z.string(),
    asked_at: z.string(),
    closed_at: z.string().nullable(),
  })
  .openapi('Backfill');

export const acceptedSchema = z
  .object({
    runs: z.array(z.int()).openapi({ description: 'The planned runs; empty if nothing was due.' }),
    backfill: z.int().nullable().openapi({ description: 'The backfill that was started or resumed.' }),
    delivered: z.boolean().openapi({
      description: 'False if the queue is down: the request is recorded, and starts when the queue is available again.',
    }),
  })
  .openapi('Accepted');

export function runJson(run: RunOverview): z.infer<typeof runSchema> {
  const waiting = waitingForText(run);
  return {
    id: run.id,
    view: run.view,
    span: isoSpan(run.span),
    reason: run.reason,
    state: run.state,
    attempt: run.attempt,
    counts: countsJson(run.counts),
    checks: run.checks.map(checkJson),
    error: run.error && { code: run.error.code, message: run.error.parts.map(partText).join('') },
    waiting_for: waiting,
    planned_at: isoOf(run.plannedAt) ?? '',
    started_at: isoOf(run.startedAt),
    committed_at: isoOf(run.committedAt),
    closed_at: isoOf(run.closedAt),
  };
}

function countsJson({ refusedBy, ...counts }: RunOverview['counts']): z.infer<typeof runCountsSchema> {
  return { ...counts, refused_by: { ...refusedBy } };
}

/** Without examples of rows: the sentence has counts only. */
function checkJson(outcome: RunOverview['checks'][number]): z.infer<typeof checkSchema> {
  const { state, check, isAccepted = false } = outcome;
  return { state, on_failure: check.onFailure, accepted: isAccepted, detail: outcomeText(outcome) };
}

export function backfillJson(one: BackfillOverview): z.infer<typeof backfillSchema> {
  return {
    id: one.id,
    view: one.view,
    range: isoSpan(one.range),
    mode: one.mode,
    state: one.state,
    chunks: { ...one.chunks },
    units: { ...one.units },
    rows: one.rows,
    asked_by: one.askedBy,
    asked_at: isoOf(one.askedAt) ?? '',
    closed_at: isoOf(one.closedAt),
  };
}

// Retries failed or cancelled runs on request: a new run over the same span.

import { Failure } from '../../core/failure.ts';
import { formatInterval, type Interval } from '../../core/interval.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import type { Check } from '../../definition/check.ts';
import type { Database } from '../../postgres/database.ts';
import { inTransaction } from '../../postgres/in-transaction.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { type CheckOutcome, isFailed } from '../../quality/outcome.ts';
import { IN_OPEN } from '../backfills/backfill-state.ts';
import { requireBackfillable } from '../backfills/refusals.ts';
import { lockPlanning } from '../locks.ts';
import { requireAppliedView } from '../views/views.ts';
import { insertRuns } from './insert.ts';
import { jobTimeoutMs } from './job-timeout.ts';
import { DEFAULT_RUN_OPTIONS, findRun, type Run, type RunOptions, retriedOptions } from './run.ts';
import { IN, isIn, isOver } from './states.ts';

/**
 * Plans a run for each of these failed or cancelled runs with a span that is still held, and returns their ids in the
 * same order: all or none. Their spans stay held until the new runs have covered them. Chunks of a backfill move to the
 * new run, and a partial backfill runs again until it is done. `changes` override the options of the failed runs;
 * `acceptChecks` accepts the checks that each of them failed.
 *
 * @throws Failure NOT_FOUND, ARGUMENT_INVALID, VIEW_PAUSED or VIEW_CHANGED: names the run and what to do.
 */
export async function retryRuns(
  where: Database | Session,
  runIds: readonly number[],
  changes: OwnChanges = {},
): Promise<number[]> {
  return inTransaction(where, async (session) => {
    const asked: Run[] = [];
    for (const id of new Set(runIds)) asked.push(await requireRun(session, id));
    // In the same order everywhere, so that two commands cannot deadlock.
    for (const viewId of [...new Set(asked.map((run) => run.viewId))].sort((a, b) => a - b)) {
      await lockPlanning(session, viewId);
    }
    const planned: number[] = [];
    for (const { id } of asked) planned.push(await retry(session, await requireRun(session, id), changes));
    return planned;
  });
}

/** The options that an operator may change for a retry. */
export type RetryChanges = Partial<Pick<RunOptions, 'allowRemovals'>>;

type OwnChanges = RetryChanges & { readonly acceptChecks?: boolean };

/** The runs that `retryRuns` would accept, newest first; among `ids` if given. */
export async function retryableRuns(
  database: Database,
  view: string | null,
  ids: readonly number[] | null = null,
): Promise<number[]> {
  const rows = await database.query<{ id: number }>(
    `select r.id from millrace.run r
       join millrace.view v on v.id = r.view_id and v.data_fingerprint = r.fingerprint
       join millrace.coverage c on c.view_id = v.id
      where r.state ${IN.retryable} and r.span && c.held and ($1::text is null or v.name = $1)
        and ($2::bigint[] is null or r.id = any($2)) and v.paused_kind is null and v.edited_fingerprint is null and v.retired_at is null
        and not exists (select from millrace.run o
                         where o.view_id = r.view_id and o.span && r.span and o.state ${IN.unstored})
      order by r.id desc`,
    [view, ids],
  );
  return rows.map((row) => row.id);
}

async function requireRun(session: Session, id: number): Promise<Run> {
  const run = await findRun(session, id);
  if (run !== null) return run;
  throw new Failure('NOT_FOUND', text`There is no run ${safe(id)}: "${command('millrace runs')}" lists the runs.`, {
    run: id,
  });
}

async function retry(session: Session, run: Run, { acceptChecks, ...changes }: OwnChanges): Promise<number> {
  const applied = await requireAppliedView(session, run.view.name);
  const span = requireSpan(run);
  requireBackfillable(applied);
  if (!run.current) throw refusal(run, 'was planned for an earlier version of the query', runsOfNow(run));
  await requireHeld(session, run, span);
  await requireNoOpenRun(session, run, span);
  const accepted = acceptChecks === true ? { acceptedChecks: await requireFailedChecks(session, run) } : {};
  // An operator may have raised the timeout of the job before retrying.
  const timeoutMs = await jobTimeoutMs(session, applied.view);
  const options = { ...retriedOptions(await plannedOptions(session, run.id)), ...changes, ...accepted, timeoutMs };
  const planned = { viewId: run.viewId, fingerprint: applied.data, span };
  const [id] = await insertRuns(session, [planned], { reason: 'manual', options });
  if (id === undefined) throw new Error('an inserted row was not returned');
  await followByBackfill(session, { viewId: run.viewId, span }, id);
  return id;
}

/** As the run was planned, without what an edit allows for a time. */
async function plannedOptions(session: Session, id: number): Promise<RunOptions> {
  const [row] = await session.query<{ options: RunOptions }>('select options from millrace.run where id = $1', [id]);
  return row?.options ?? DEFAULT_RUN_OPTIONS;
}

function requireSpan(run: Run): Interval {
  if (!isIn(run, 'retryable')) {
    const next = isOver(run)
      ? text`to read stored rows again, run "${command(`millrace restate ${run.view.name}`)}"`
      : followed(run.id);
    throw refusal(run, `is ${run.state}; only failed or cancelled runs can be retried`, next);
  }
  if (run.span === null)
    throw refusal(run, `belongs to a \`${run.view.kind}\` view, which has no past intervals`, runsOfNow(run));
  return run.span;
}

async function requireHeld(session: Session, run: Run, span: Interval): Promise<void> {
  const [row] = await session.query<{ held: boolean }>(
    'select held && $2::tstzrange as held from millrace.coverage where view_id = $1',
    [run.viewId, rangeLiteral(span)],
  );
  if (row?.held === true) return;
  const why = `has nothing to retry, because ${formatInterval(span)} is no longer held (another run covered it, or it was released)`;
  throw refusal(run, why, runsOfNow(run));
}

/** The checks that an operator saw fail: only these are accepted. */
async function requireFailedChecks(session: Session, run: Run): Promise<Check[]> {
  const [row] = await session.query<{ checks: readonly CheckOutcome[] }>(
    `select coalesce(checks, '[]') as checks from millrace.run where id = $1`,
    [run.id],
  );
  const failed = (row?.checks ?? []).filter(isFailed);
  if (failed.length > 0) return failed.map(({ check }) => check);
  const next = text`to retry it, run "${command(`millrace retry ${run.id}`)}"`;
  throw refusal(run, 'did not fail a check, so there is nothing to accept', next);
}

async function requireNoOpenRun(session: Session, run: Run, span: Interval): Promise<void> {
  const [open] = await session.query<{ id: number; span: string }>(
    `select id, span::text as span from millrace.run
      where view_id = $1 and state ${IN.unstored} and span && $2::tstzrange order by id limit 1`,
    [run.viewId, rangeLiteral(span)],
  );
  if (open === undefined) return;
  const spans = parseRanges(open.span).map(formatInterval).join();
  throw refusal(
    run,
    `does not need to be retried, because run ${open.id} is already planned for ${spans}`,
    followed(open.id),
  );
}

function refusal(run: Run, why: string, next: Message): Failure {
  return new Failure('ARGUMENT_INVALID', text`Run ${safe(run.id)} of ${safe(run.view.name)} ${safe(why)}: ${next}.`, {
    run: run.id,
    view: run.view.name,
  });
}

function followed(id: number): Message {
  return text`follow it with "${command(`millrace runs show ${id}`)}"`;
}

function runsOfNow({ view }: Run): Message {
  return text`to run what is due now, use "${command(`millrace run ${view.name}`)}"`;
}

/**
 * Links the new run to backfills: each failed or cancelled chunk within its span takes the new run, even if another run
 * has failed for it since. Of the partial backfills the newest resumes, unless another backfill has taken its range.
 */
export async function followByBackfill(
  session: Session,
  { viewId, span }: { viewId: number; span: Interval },
  planned: number,
): Promise<void> {
  await session.run(
    `with undone as (
       select c.backfill_id, c.place, b.state
         from millrace.backfill b
         join millrace.backfill_chunk c on c.backfill_id = b.id
         join millrace.run r on r.id = c.run_id and r.state ${IN.retryable}
        where b.view_id = $1 and (b.state ${IN_OPEN} or b.state = 'partial') and c.span <@ $2::tstzrange
          and (b.state <> 'partial' or not exists (
                select from millrace.backfill o
                 where o.view_id = b.view_id and o.id <> b.id and o.state ${IN_OPEN} and o.range && b.range))),
     newest as (
       select max(backfill_id) as id from undone where state = 'partial'),
     taken as (
       update millrace.backfill_chunk c set run_id = $3, again = true
         from undone u, newest
        where c.backfill_id = u.backfill_id and c.place = u.place and (u.state <> 'partial' or u.backfill_id = newest.id)
       returning c.backfill_id)
     update millrace.backfill b set state = 'running', closed_at = null, resumed_at = millrace.now()
      where b.state = 'partial' and b.id in (select backfill_id from taken)`,
    [viewId, rangeLiteral(span), planned],
  );
}

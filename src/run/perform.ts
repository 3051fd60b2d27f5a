// Performs a run from its current stage to its end: the one place that decides what a thrown failure means for it.

import type { Clock } from '../core/clock.ts';
import { Failure, isRetryable, withoutValues, wordsOf } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import { loggedStack } from '../core/logged.ts';
import { safe, text } from '../core/message.ts';
import type { Random } from '../core/random.ts';
import type { Database } from '../postgres/database.ts';
import { releaseRun, renewLease } from '../state/runs/claim.ts';
import { closeFailed, dropStaging } from '../state/runs/close.ts';
import { findRun, leaseLost, type Run } from '../state/runs/run.ts';
import { runErrorOf } from '../state/runs/run-error.ts';
import type { StageName } from '../state/runs/stages.ts';
import { isOver } from '../state/runs/states.ts';
import { type Outcome, Snooze } from './outcome.ts';
import { Shutdown } from './shutdown.ts';
import type { Stage } from './stage.ts';
import { attemptsSpent } from './stages/claim.ts';
import { withStrayErrors } from './stray-errors.ts';
import { requireEarlierViews } from './wait-for-views.ts';

export type RunEngine = {
  readonly database: Database;
  /** The same database over separate connections: leases are renewed even if all others are busy staging. */
  readonly leases: Database;
  readonly stages: readonly Stage[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly leaseMs: number;
  /** How long a committed run waits before another publish if the online store is unavailable. */
  readonly publishDelayMs: number;
};

/** Performs a run as far as possible. Rejects only if the state database is unavailable. */
export async function performRun(engine: RunEngine, runId: number, signal: AbortSignal): Promise<Outcome<Run>> {
  const found = await findRun(engine.database, runId);
  if (found === null) {
    return {
      kind: 'discarded',
      failure: new Failure('NOT_FOUND', text`There is no run ${safe(runId)}.`, { run: runId }),
    };
  }
  let run: Run;
  try {
    run = await stageNamed(engine, 'claim').perform(found, signal);
  } catch (error) {
    if (error instanceof Snooze) return { kind: 'snoozed', delayMs: error.delayMs, why: error.wait.kind };
    if (error instanceof Failure && error.code === 'LEASE_LOST') return { kind: 'interrupted', why: 'lease_lost' };
    throw error;
  }
  if (isOver(run)) return skipped(engine, found, run);
  engine.log.info('run.claimed', { run: run.id, view: run.view.name, attempt: run.attempt, epoch: run.epoch });
  return performClaimed(engine, run, signal);
}

async function performClaimed(engine: RunEngine, claimed: Run, signal: AbortSignal): Promise<Outcome<Run>> {
  using lease = keepLease(engine, claimed);
  using timeout = limitTime(engine, claimed);
  const stray = new AbortController();
  const stop = AbortSignal.any([signal, lease.signal, timeout.signal, stray.signal]);
  return await withStrayErrors(
    (error) => {
      engine.log.warn('run.stray_error', { run: claimed.id, view: claimed.view.name });
      stray.abort(error);
    },
    () => performStages(engine, claimed, { stop, timeout }),
  );
}

type Limits = { readonly stop: AbortSignal; readonly timeout: Watch };

async function performStages(engine: RunEngine, claimed: Run, { stop, timeout }: Limits): Promise<Outcome<Run>> {
  let run = claimed;
  try {
    if (run.state === 'active' && run.attempt > run.options.attempts) throw attemptsSpent(run);
    if (run.state === 'active') await requireEarlierViews(engine.database, run);
    while (!isOver(run)) {
      stop.throwIfAborted();
      const started = engine.clock.monotonicMs();
      const { stage } = run;
      run = await stageNamed(engine, stage).perform(run, stop);
      if (run.state === 'committed') timeout[Symbol.dispose]();
      engine.log.info(`run.${stage}`, {
        run: run.id,
        view: run.view.name,
        ms: Math.round(engine.clock.monotonicMs() - started),
      });
    }
    return run.state === 'done' ? { kind: 'completed', value: run } : skipped(engine, claimed, run);
  } catch (error) {
    const reason: unknown = stop.aborted ? stop.reason : error;
    return settle(engine, run, reason);
  }
}

/** `before`: as this job found the run. Jobs of closed runs are ordinary: jobs may arrive twice, and runs are cancelled. */
function skipped({ log }: RunEngine, before: Run, run: Run): Outcome<Run> {
  if (run.state === 'superseded' && !isOver(before)) {
    log.info('run.superseded', { run: run.id, view: run.view.name });
  }
  return { kind: 'skipped', value: run };
}

function stageNamed(engine: RunEngine, name: StageName): Stage {
  const stage = engine.stages.find((one) => one.name === name);
  if (stage === undefined) throw new Error(`no stage is named ${name}`);
  return stage;
}

type Watch = Disposable & { readonly signal: AbortSignal };

/** Renews the lease three times per lease length; gives up the run if that fails for a whole lease. */
function keepLease(engine: RunEngine, run: Run): Watch {
  const lost = new AbortController();
  let heldUntil = engine.clock.monotonicMs() + engine.leaseMs;
  const renew = async () => {
    const asked = engine.clock.monotonicMs();
    // The last renewal got no response: by now another worker may have the run.
    if (asked > heldUntil) return lost.abort(leaseLost(run));
    try {
      await renewLease(engine.leases, run, engine.leaseMs);
      heldUntil = asked + engine.leaseMs;
    } catch (error) {
      const isOurs = !(error instanceof Failure && error.code === 'LEASE_LOST');
      if (isOurs && engine.clock.monotonicMs() < heldUntil) return;
      lost.abort(error);
    }
  };
  const timer = engine.clock.every(engine.leaseMs / 3, () => void renew());
  return { signal: lost.signal, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

function limitTime(engine: RunEngine, run: Run): Watch {
  const late = new AbortController();
  const failure = new Failure(
    'RUN_TIMEOUT',
    text`Run ${safe(run.id)} of ${safe(run.view.name)} took longer than its timeout of ${safe(run.options.timeoutMs / 1_000)} s: raise \`timeout\` in its job, or make the run cover less time.`,
    { run: run.id },
  );
  // Attempts and timeout end at commit.
  const timer = run.state === 'committed' ? null : engine.clock.after(run.options.timeoutMs, () => late.abort(failure));
  return { signal: late.signal, [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}

async function settle(engine: RunEngine, run: Run, reason: unknown): Promise<Outcome<Run>> {
  const { database } = engine;
  // A commit whose response was lost may have succeeded.
  const now = run.state === 'active' ? await findRun(database, run.id) : null;
  if (now?.state === 'committed' && now.epoch === run.epoch) return settle(engine, now, reason);
  if (reason instanceof Snooze) {
    await releaseRun(database, run, { as: 'snooze', delayMs: reason.delayMs, wait: reason.wait });
    return { kind: 'snoozed', delayMs: reason.delayMs, why: reason.wait.kind };
  }
  if (reason instanceof Shutdown) {
    await releaseRun(database, run, {
      as: 'interrupt',
      delayMs: 0,
      wait: { kind: 'stopped', facts: { reason: reason.reason } },
    });
    return { kind: 'interrupted', why: reason.reason };
  }
  const failure = failureOf(engine, run, reason);
  if (failure.code === 'LEASE_LOST') return { kind: 'interrupted', why: 'lease_lost' };
  const error = runErrorOf(failure);
  if (run.state === 'committed') {
    // Its rows are stored: only the publish is left, which is retried until it succeeds.
    const delayMs = engine.publishDelayMs;
    await releaseRun(database, run, {
      as: 'snooze',
      delayMs,
      wait: { kind: 'publish', facts: { code: failure.code } },
      error,
    });
    return { kind: 'snoozed', delayMs, why: 'publish' };
  }
  if (mayRetry(failure) && run.attempt < run.options.attempts) {
    const delayMs = backoffMs(run, engine.random);
    await releaseRun(database, run, {
      as: 'failAttempt',
      delayMs,
      wait: { kind: 'retry', facts: { code: failure.code } },
      error,
    });
    return { kind: 'failed', failure, delayMs };
  }
  return closeAsFailed(engine, run, failure);
}

/** Tables of another release are no fault of the run: a worker of that release may perform it (state/explained.ts). */
function mayRetry(failure: Failure): boolean {
  return isRetryable(failure) || 'migration' in failure.facts;
}

/** The thrown error as a failure that may be stored, logged and shown: without values for a redacted view. */
function failureOf(engine: RunEngine, run: Run, thrown: unknown): Failure {
  const failure = thrown instanceof Failure ? thrown : bug(engine, run, thrown);
  return run.view.redacted ? withoutValues(failure) : failure;
}

/** The run keeps the message of the error; the log has only its stack. */
function bug({ log }: RunEngine, run: Run, thrown: unknown): Failure {
  log.error('run.bug', { run: run.id, view: run.view.name, stack: loggedStack(thrown) });
  return new Failure(
    'BUG',
    text`Run ${safe(run.id)} of ${safe(run.view.name)} hit a bug in Millrace: ${wordsOf(thrown)}.`,
    { run: run.id },
    thrown,
  );
}

async function closeAsFailed(engine: RunEngine, run: Run, failure: Failure): Promise<Outcome<Run>> {
  const { database, log } = engine;
  let isSuperseded = false;
  try {
    const failed = { error: runErrorOf(failure), counts: run.counts };
    const { state, paused } = await database.transaction((session) => closeFailed(session, run, failed));
    // Not its message, which may contain a value.
    if (paused !== null) log.warn('view.paused', { view: run.view.name, run: run.id, code: failure.code });
    isSuperseded = state === 'superseded';
  } catch (error) {
    // Another worker has just reclaimed it and decides about its outcome.
    if (error instanceof Failure && error.code === 'LEASE_LOST') return { kind: 'interrupted', why: 'lease_lost' };
    throw error;
  }
  await dropStaging(database, [run.stagingTable, run.refusedTable]);
  if (isSuperseded) return skipped(engine, run, { ...run, state: 'superseded' });
  return { kind: 'discarded', failure };
}

/**
 * Doubles with each attempt, up to the job's maximum; half of it is random, so that runs do not retry simultaneously.
 */
function backoffMs({ attempt, options }: Run, random: Random): number {
  const longest = Math.min(options.backoffMaxMs, options.backoffMs * 2 ** (attempt - 1));
  return Math.round(longest / 2 + random() * (longest / 2));
}

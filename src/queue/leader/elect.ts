// One of any number of schedulers is elected: it holds a session advisory lock in Postgres.
//
// A lock of a session outlives a process that is frozen or cut off, because its connection does. The elected one
// therefore proves that it lives every few seconds, and asks Postgres to end its session when it has not for a while.

import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { type LockName, tryLockForSession } from '../../state/locks.ts';
import { logOnce } from '../faults/log-once.ts';
import { repeatedly } from '../repeat.ts';
import { settlesWithin } from '../settles-within.ts';

export type ElectionOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly electMs: number;
  readonly termMs: number;
  /** What it stands for; `scheduler`, unless said otherwise. */
  readonly role?: LeaderRole;
};

/** What only the elected process does, until the signal is aborted: it lost the election, or stops. It must not reject. */
export type LeaderTask = (signal: AbortSignal) => Promise<void>;

/** The process that looks for alerts need not be the one that ticks, which may wait for Redis. */
export type LeaderRole = Extract<LockName, 'scheduler' | 'alerts'>;

/** Stands for election until disposed. Whoever is elected does the task; a standby takes over within seconds. */
export function campaign(options: ElectionOptions, task: LeaderTask): AsyncDisposable {
  const { clock, log, electMs } = options;
  const say = logOnce(clock, (message) => log.warn('election.failed', { message }));
  return repeatedly(clock, electMs, (signal) =>
    serveTerm(options, task, signal).catch((error: unknown) => say(messageOf(error))),
  );
}

/** Resolves when the term is over, or at once where another process is elected. */
async function serveTerm(options: ElectionOptions, task: LeaderTask, signal: AbortSignal): Promise<void> {
  const { role = 'scheduler' } = options;
  const connection = new AbortController();
  await using reserved = await options.database.reserve(connection.signal);
  if (!(await tryLockForSession(reserved.session, role))) return;
  options.log.info(`${role}.elected`);
  const over = new AbortController();
  const term = AbortSignal.any([signal, over.signal]);
  try {
    await limitSilence(reserved.session, options.termMs);
    if (signal.aborted) return;
    const serving = task(term);
    await proveLife(options, reserved.session, term);
    over.abort();
    await serving;
  } finally {
    // Closing the connection gives the lock back, whatever state it is in.
    connection.abort();
    options.log.info(`${role}.term_over`);
  }
}

async function limitSilence(session: Session, termMs: number): Promise<void> {
  await session.query(`select set_config('idle_session_timeout', $1, false)`, [String(termMs)]);
}

/** Resolves when the session, and with it the lock, is lost, or when the signal is aborted. */
async function proveLife({ clock, electMs, termMs, log }: ElectionOptions, session: Session, signal: AbortSignal) {
  for (;;) {
    await clock.sleep(electMs, signal);
    if (signal.aborted) return;
    const proof = session.query('select 1');
    const isInTime = await settlesWithin(clock, termMs / 2, proof);
    if (isInTime && (await isFulfilled(proof))) continue;
    log.warn('election.lost');
    return;
  }
}

async function isFulfilled(settled: Promise<unknown>): Promise<boolean> {
  return settled.then(
    () => true,
    () => false,
  );
}

// Leader election: one of any number of schedulers holds a session advisory lock in Postgres.
//
// A session lock outlives a frozen or disconnected process, because its connection does. The leader therefore sends a
// heartbeat every few seconds, and Postgres ends its session if there is none for a while.
//
// Only a process that knows all migrations of the database may lead: a forgotten process of an older release does no
// work, so it must not keep a newer one from being elected.

import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import type { Log } from '../../core/log.ts';
import { within } from '../../core/within.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { type LockName, tryLockForSession } from '../../state/locks.ts';
import { requireKnownMigrations } from '../../state/migrate.ts';
import { logOnce } from '../faults/log-once.ts';
import { repeatedly } from '../repeat.ts';

export type ElectionOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly electMs: number;
  readonly termMs: number;
  /** The role; `scheduler` by default. */
  readonly role?: LeaderRole;
};

/**
 * The work of the leader, until the signal is aborted: the election is lost, or the process stops. It must not reject.
 */
export type LeaderTask = (signal: AbortSignal) => Promise<void>;

/** Alerts have a separate leader, since the scheduler may wait for Redis. */
export type LeaderRole = Extract<LockName, 'scheduler' | 'alerts'>;

/**
 * Campaigns until disposed. The leader runs the task; if it fails, or if a newer release migrates the database, a standby
 * is elected within seconds.
 */
export function campaign(options: ElectionOptions, task: LeaderTask): AsyncDisposable {
  const { clock, log, electMs } = options;
  const say = logOnce(clock, (message) => log.warn('election.failed', { message }));
  return repeatedly(clock, electMs, (signal) =>
    serveTerm(options, task, signal).catch((error: unknown) => say(messageOf(error))),
  );
}

/** Resolves when the term is over, or immediately if another process is the leader. */
async function serveTerm(options: ElectionOptions, task: LeaderTask, signal: AbortSignal): Promise<void> {
  const { role = 'scheduler' } = options;
  const connection = new AbortController();
  await using reserved = await options.database.reserve(connection.signal);
  await requireKnownMigrations(reserved.session);
  if (!(await tryLockForSession(reserved.session, role))) return;
  options.log.info(`${role}.elected`);
  const over = new AbortController();
  const term = AbortSignal.any([signal, over.signal]);
  try {
    await limitSilence(reserved.session, options.termMs);
    if (signal.aborted) return;
    const serving = task(term);
    await sendHeartbeats(options, reserved.session, term);
    over.abort();
    await serving;
  } finally {
    // Closing the connection releases the lock in any case.
    connection.abort();
    options.log.info(`${role}.term_over`);
  }
}

async function limitSilence(session: Session, termMs: number): Promise<void> {
  await session.query(`select set_config('idle_session_timeout', $1, false)`, [String(termMs)]);
}

/**
 * Resolves when the session, and with it the lock, is lost, when a newer release has migrated the database, or when the
 * signal is aborted.
 */
async function sendHeartbeats({ clock, electMs, termMs, log }: ElectionOptions, session: Session, signal: AbortSignal) {
  for (;;) {
    await clock.sleep(electMs, signal);
    if (signal.aborted) return;
    const proof = isFulfilled(requireKnownMigrations(session));
    if (await within({ clock, limitMs: termMs / 2 }, proof, () => false)) continue;
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

// A pool of connections to a MySQL or MariaDB server. Each connection is used by one reading at a time.

import type { Clock } from '../../core/clock.ts';
import { settlesWithin } from '../../core/within.ts';
import { createPlaces } from '../places.ts';
import { loginFailure, mysqlConnectionFailure } from './failure.ts';
import { connectMysql, type MysqlOptions, type MysqlSession, resetMysql } from './session.ts';

/** A session that is reserved until disposed. Aborting the signal closes it together with its statement. */
export type ReservedMysql = AsyncDisposable & {
  readonly session: MysqlSession;
  /** The state of its work. On disposal, a session that is not clean is closed, and a running statement is killed. */
  state: 'clean' | 'open' | 'running';
  /** The error to throw: the reason of the signal, a Failure, or the error itself. */
  explain(error: unknown): unknown;
};

export interface MysqlPool extends AsyncDisposable {
  /** @throws Failure SOURCE_UNAVAILABLE or SOURCE_DENIED if it cannot connect. */
  reserve(signal: AbortSignal): Promise<ReservedMysql>;
}

/** Shorter than the server's timeout, so that an idle connection is never one that the server is about to close. */
const KEEP_MS = 30_000;
const GOODBYE_MS = 1_000;

type Idle = { readonly session: MysqlSession; readonly expiry: Disposable };

/** Opens a pool, which connects on first use. */
export function openMysqlPool(options: MysqlOptions, poolMax: number): MysqlPool {
  const idle: Idle[] = [];
  let isClosed = false;
  const places = createPlaces(poolMax);

  const takeIdle = (): MysqlSession | null => {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      kept.expiry[Symbol.dispose]();
      if (!kept.session.broken.aborted) return kept.session;
    }
    return null;
  };
  const keep = (session: MysqlSession) => {
    const expiry = options.clock.after(KEEP_MS, () => {
      idle.splice(idle.indexOf(kept), 1);
      void sayGoodbye(session, options.clock);
    });
    const kept = { session, expiry };
    idle.push(kept);
  };

  return {
    async reserve(signal) {
      await places.take(signal);
      try {
        const session = takeIdle() ?? (await connectMysql(options, signal));
        return reserved(session, options, signal, () => {
          if (isClosed) void sayGoodbye(session, options.clock);
          else if (!session.broken.aborted) keep(session);
          places.give();
        });
      } catch (error) {
        places.give();
        throw signal.aborted
          ? signal.reason
          : (loginFailure(error, options) ?? mysqlConnectionFailure(error, options.label) ?? error);
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      for (let session = takeIdle(); session !== null; session = takeIdle()) await sayGoodbye(session, options.clock);
    },
  };
}

function reserved(
  session: MysqlSession,
  options: MysqlOptions,
  signal: AbortSignal,
  giveBack: () => void,
): ReservedMysql {
  const onAbort = () => session.close(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const wasLost = () => session.broken.aborted && !signal.aborted;
  return {
    session,
    state: 'clean',
    explain: (error) => {
      if (signal.aborted) return signal.reason;
      return mysqlConnectionFailure(wasLost() ? session.broken.reason : error, options.label) ?? error;
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', onAbort);
      const leavesStatement = this.state === 'running' && !wasLost();
      if (this.state !== 'clean') session.close(new Error('the read was abandoned'));
      if (leavesStatement) await session.killStatement();
      // Settings of one view must not affect the next. (A lost or closed session is not kept.)
      if (!session.broken.aborted) await resetMysql(session, options);
      giveBack();
    },
  };
}

/** Closes a connection cleanly, without waiting for a server that does not respond. */
async function sayGoodbye(session: MysqlSession, clock: Clock): Promise<void> {
  const ended = new Promise<void>((resolve) => session.connection.end(() => resolve()));
  await settlesWithin({ clock, limitMs: GOODBYE_MS, signal: session.broken }, ended);
  session.close(new Error('the connection was closed'));
}

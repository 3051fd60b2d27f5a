// A few connections to one MySQL or MariaDB, each held by one reading at a time.

import type { Clock } from '../../core/clock.ts';
import { loginFailure, mysqlConnectionFailure } from './failure.ts';
import { connectMysql, type MysqlOptions, type MysqlSession, resetMysql } from './session.ts';

/** A session until disposed. It is closed, and its statement with it, when the signal is aborted. */
export type ReservedMysql = AsyncDisposable & {
  readonly session: MysqlSession;
  /** What its holder has begun and not ended: a session with anything open is closed, and a running statement ended. */
  state: 'clean' | 'open' | 'running';
  /** What to throw for an error of the session: the reason of the signal, a Failure, or the error itself. */
  explain(error: unknown): unknown;
};

export interface MysqlPool extends AsyncDisposable {
  /** @throws Failure SOURCE_UNAVAILABLE or SOURCE_DENIED, where no connection can be had. */
  reserve(signal: AbortSignal): Promise<ReservedMysql>;
}

/** Less than the server waits for us, so that we are never given a connection that it is about to close. */
const KEEP_MS = 30_000;
const GOODBYE_MS = 1_000;

type Idle = { readonly session: MysqlSession; readonly expiry: Disposable };

/** Opens a pool; connects when first used. */
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
      if (this.state !== 'clean') session.close(new Error('the reading was left'));
      if (leavesStatement) await session.killStatement();
      // What a view has set must not reach the next one. (A lost or closed session is not kept.)
      if (!session.broken.aborted) await resetMysql(session, options);
      giveBack();
    },
  };
}

/** Ends a connection politely, but does not wait for a server that is stuck. */
async function sayGoodbye(session: MysqlSession, clock: Clock): Promise<void> {
  const ended = new Promise<void>((resolve) => session.connection.end(() => resolve()));
  await Promise.race([ended, clock.sleep(GOODBYE_MS, session.broken)]);
  session.close(new Error('the connection was closed'));
}

/** At most `max` holders at once; the others wait in their order. */
function createPlaces(max: number) {
  let free = max;
  const waiting: (() => void)[] = [];
  return {
    /** Rejects with the reason of the signal. */
    async take(signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(signal.reason);
        };
        const enter = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        waiting.push(enter);
        signal.addEventListener('abort', leave, { once: true });
      });
    },
    give(): void {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}

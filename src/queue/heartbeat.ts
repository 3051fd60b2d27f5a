// Reports every few seconds that this process is alive.

import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../postgres/database.ts';
import { type ProcessIdentity, reportAlive, reportEnded } from '../state/processes.ts';
import { logOnce } from './faults/log-once.ts';
import { repeatedly } from './repeat.ts';

export type HeartbeatOptions = {
  readonly database: Database;
  readonly process: ProcessIdentity;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
};

/** Reports the process until disposed, and then its end. If the database is unavailable, it tries again. */
export function startHeartbeat({ database, process, clock, log, everyMs }: HeartbeatOptions): AsyncDisposable {
  const say = logOnce(clock, (message) => log.warn('heartbeat.failed', { message }));
  const logFailure = (error: unknown) => say(messageOf(error));
  const beating = repeatedly(clock, everyMs, () => reportAlive(database, process).catch(logFailure));
  return {
    [Symbol.asyncDispose]: async () => {
      await beating[Symbol.asyncDispose]();
      // If this fails: without reports the process soon counts as ended anyway.
      await reportEnded(database, process.id).catch(logFailure);
    },
  };
}

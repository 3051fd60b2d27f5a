// Says every few seconds that this process is alive.

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

/** Reports the process until disposed, and then that it has ended. A database that is away is tried again. */
export function startHeartbeat({ database, process, clock, log, everyMs }: HeartbeatOptions): AsyncDisposable {
  const say = logOnce(clock, (message) => log.warn('heartbeat.failed', { message }));
  const told = (error: unknown) => say(messageOf(error));
  const beating = repeatedly(clock, everyMs, () => reportAlive(database, process).catch(told));
  return {
    [Symbol.asyncDispose]: async () => {
      await beating[Symbol.asyncDispose]();
      // Should this fail: unseen for a while it counts as ended anyway.
      await reportEnded(database, process.id).catch(told);
    },
  };
}

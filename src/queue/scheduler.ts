// A scheduler process: any number may run, one is elected. It ticks, maintains the schedules, and reconciles.

import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../postgres/database.ts';
import type { ProcessIdentity } from '../state/processes.ts';
import type { Deleted } from '../state/retention/retention.ts';
import { requireSafeServers } from './faults/safety.ts';
import { watchSafety } from './faults/watch-safety.ts';
import { startHeartbeat } from './heartbeat.ts';
import { campaign } from './leader/elect.ts';
import { leaderTasks } from './leader/elected.ts';
import { openQueues, type QueueAddress } from './queues.ts';
import type { QueueSettings } from './settings.ts';
import { settlesWithin } from './settles-within.ts';

export type SchedulerOptions = {
  readonly database: Database;
  readonly queue: QueueAddress;
  readonly process: ProcessIdentity;
  /**
   * Deploys the definitions of this process, unless they are older than the deployed ones; called when elected, until
   * it succeeds. The jobs of the newest deployment are scheduled, from any process.
   */
  readonly deployViews: () => Promise<void>;
  /** Repairs the online store where it is behind (unpublished spans, rebuilds); called each period when elected. */
  readonly repairOnline: (signal: AbortSignal) => Promise<void>;
  /** Marks spans as stale whose files have appeared or changed; called each period when elected. */
  readonly lookForLateFiles: (signal: AbortSignal) => Promise<void>;
  /** Deletes some of the records that are older than the retention; called each period when elected. */
  readonly deleteOld: (signal: AbortSignal) => Promise<Deleted>;
  /** Called when elected; resolves once the signal is aborted, and never rejects. */
  readonly measure?: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: QueueSettings;
};

/**
 * Starts a scheduler; disposing stops it and releases the election.
 *
 * @throws Failure QUEUE_UNSAFE, CLOCK_SKEW, QUEUE_UNAVAILABLE or OFFLINE_UNAVAILABLE
 */
export async function startScheduler(options: SchedulerOptions): Promise<AsyncDisposable> {
  const { database, queue, process, clock, log, settings } = options;
  const { heartbeatMs, safetyMs, electMs, termMs, clockSkewMaxMs } = settings;
  const connectionName = `millrace.${process.id}`;
  await using parts = new AsyncDisposableStack();
  const queues = parts.use(await openQueues({ queue, connectionName, clock, settings }));
  const check = () => requireSafeServers({ database, queues, queueUrl: queue.url, clock, clockSkewMaxMs });
  await check();
  parts.use(startHeartbeat({ database, process, clock, log, everyMs: heartbeatMs }));
  const elected = leaderTasks({ ...options, connectionName, queues });
  const safety = { clock, log, everyMs: safetyMs, check };
  parts.use(watchSafety({ ...safety, onUnsafe: elected.pause, onSafe: elected.resume }));
  parts.use(campaign({ database, clock, log, electMs, termMs }, elected.task));
  const started = parts.move();
  // Its work may wait for an unavailable server, longer than a shutdown may take.
  return {
    [Symbol.asyncDispose]: async () => void (await settlesWithin(clock, settings.graceMs, started.disposeAsync())),
  };
}

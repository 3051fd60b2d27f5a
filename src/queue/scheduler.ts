// A scheduler process: any number may run, one is elected. It ticks, maintains the schedules, and reconciles.

import { settlesWithin } from '../core/within.ts';
import type { ProcessIdentity } from '../state/processes.ts';
import { requireSafeServers } from './faults/safety.ts';
import { watchSafety } from './faults/watch-safety.ts';
import { startHeartbeat } from './heartbeat.ts';
import { campaign } from './leader/elect.ts';
import { type LeaderOptions, leaderTasks } from './leader/elected.ts';
import { openQueues } from './queues.ts';

export type SchedulerOptions = LeaderOptions & { readonly process: ProcessIdentity };

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
    [Symbol.asyncDispose]: async () =>
      void (await settlesWithin({ clock, limitMs: settings.graceMs }, started.disposeAsync())),
  };
}

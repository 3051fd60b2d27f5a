// A worker process: takes runs from the queue and performs several in parallel.

import type { Clock } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import { loggedText } from '../core/logged.ts';
import { settlesWithin } from '../core/within.ts';
import type { Database } from '../postgres/database.ts';
import type { ProcessIdentity } from '../state/processes.ts';
import { deliverRuns } from './delivery/deliver.ts';
import { type Perform, performJob } from './delivery/perform-job.ts';
import { type JobTaker, takeJobs } from './delivery/take-jobs.ts';
import { requireSafeServers } from './faults/safety.ts';
import { watchSafety } from './faults/watch-safety.ts';
import { watchForSilence } from './faults/watchdog.ts';
import { startHeartbeat } from './heartbeat.ts';
import { openQueues, type QueueAddress, type Queues } from './queues.ts';
import { repeatedly } from './repeat.ts';
import type { QueueSettings } from './settings.ts';

export type WorkerOptions = {
  readonly database: Database;
  readonly queue: QueueAddress;
  readonly process: ProcessIdentity;
  /** The number of parallel runs; backfills get as many slots again. */
  readonly concurrency: number;
  readonly perform: Perform;
  /**
   * Probes unavailable sources and returns the runs that it planned, which this worker delivers; called periodically.
   * Rejects only without Postgres.
   */
  readonly probeSources: (signal: AbortSignal) => Promise<readonly number[]>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: QueueSettings;
};

export interface RunningWorker extends AsyncDisposable {
  /** Takes no more jobs, releases the leases of its runs, and ends within about `graceMs`, even without Redis. */
  stop(graceMs: number): Promise<void>;
  /** Resolves when the worker is stuck: its process should stop it and exit, to be restarted. */
  readonly broken: Promise<Failure>;
}

/**
 * Starts a worker; disposing stops it within the grace time of its settings.
 *
 * @throws Failure QUEUE_UNSAFE, CLOCK_SKEW, QUEUE_UNAVAILABLE or OFFLINE_UNAVAILABLE
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { database, queue, process, clock, log, settings } = options;
  const { clockSkewMaxMs, heartbeatMs, safetyMs, silenceMaxMs } = settings;
  await using starting = new AsyncDisposableStack();
  const queues = starting.use(await openQueues({ queue, connectionName: `millrace.${process.id}`, clock, settings }));
  const check = () => requireSafeServers({ database, queues, queueUrl: queue.url, clock, clockSkewMaxMs });
  await check();
  starting.use(startHeartbeat({ database, process, clock, log, everyMs: heartbeatMs }));
  const lanes = takeRuns(options, queues);
  const { isPaused, pause, resume } = pausable(lanes);
  starting.use(watchSafety({ clock, log, everyMs: safetyMs, check, onUnsafe: pause, onSafe: resume }));
  starting.use(repeatedly(clock, settings.probeMs, (signal) => probe(options, queues, signal)));
  const { promise: broken, resolve: onSilence } = Promise.withResolvers<Failure>();
  const watched = { queues, watched: lanes, isPaused };
  starting.use(watchForSilence({ ...watched, clock, silenceMaxMs, onSilence }));
  return stoppable(options, lanes, starting.move(), broken);
}

function pausable(lanes: readonly Lane[]) {
  let isPaused = false;
  return {
    isPaused: () => isPaused,
    pause: async () => {
      isPaused = true;
      await Promise.all(lanes.map(({ taker }) => taker.pause()));
    },
    resume: async () => {
      isPaused = false;
      await Promise.all(lanes.map(({ taker }) => taker.resume()));
    },
  };
}

/** If the delivery fails, the reconciler delivers the runs. */
async function probe(
  { probeSources, database, log }: WorkerOptions,
  queues: Queues,
  signal: AbortSignal,
): Promise<void> {
  try {
    const runs = await probeSources(signal);
    if (runs.length > 0) await deliverRuns(queues, database, runs);
  } catch (error) {
    if (!signal.aborted) log.warn('source.unprobed', { message: loggedText(error) });
  }
}

type Lane = { readonly taker: JobTaker };

/** For parts that take no jobs and have nothing to finish: they may wait for an unavailable server. */
const PARTS_GRACE_MS = 2_000;

function stoppable(
  { clock, settings }: WorkerOptions,
  lanes: readonly Lane[],
  parts: AsyncDisposable,
  broken: Promise<Failure>,
): RunningWorker {
  let stopped: Promise<void> | null = null;
  const stop = async (graceMs: number) => {
    await Promise.all(lanes.map(({ taker }) => taker.stop(graceMs)));
    await settlesWithin({ clock, limitMs: PARTS_GRACE_MS }, Promise.resolve(parts[Symbol.asyncDispose]()));
  };
  const stopOnce = (graceMs: number) => {
    stopped ??= stop(graceMs);
    return stopped;
  };
  return { broken, stop: stopOnce, [Symbol.asyncDispose]: () => stopOnce(settings.graceMs) };
}

function takeRuns(options: WorkerOptions, queues: Queues) {
  const lane = (queue: Queues['run'], concurrency: number) => {
    const connectionName = `millrace.${options.process.id}`;
    const taker = takeJobs({ ...options, name: queue.name, connectionName, concurrency }, (job, signal) =>
      performJob(options, queues, job, signal),
    );
    return { taker, concurrency, queue };
  };
  return [lane(queues.run, options.concurrency), lane(queues.backfill, options.concurrency)];
}

/** The runs that a worker may perform at the same time: as many of backfills as others. */
export function runsMax(concurrency: number): number {
  return 2 * concurrency;
}

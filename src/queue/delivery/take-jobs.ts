// Takes jobs from one queue, a few at a time, until it is stopped.
//
// BullMQ does not stop a job whose lock is lost, and its close waits without limit for jobs, and for an unavailable
// Redis (taskforcesh/bullmq#4656). So every job has its own signal, and stopping has a time limit.

import { type Job, UnrecoverableError, Worker, type WorkerOptions } from 'bullmq';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import type { Log } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import { settlesWithin } from '../../core/within.ts';
import { blockingOptions, openQueueConnection, type QueueConnection } from '../../redis/queue-connection.ts';
import { Shutdown } from '../../run/shutdown.ts';
import { logOnce } from '../faults/log-once.ts';
import { nextTick } from '../leader/next-tick.ts';
import type { QueueAddress } from '../queues.ts';
import type { QueueSettings } from '../settings.ts';
import { RunFailed } from './translate.ts';

export type TakerOptions = {
  readonly name: string;
  readonly queue: QueueAddress;
  readonly connectionName: string;
  readonly concurrency: number;
  /** After this many starts a job fails, for jobs whose starts are not counted elsewhere. */
  readonly startsMax?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: QueueSettings;
};

/** Performs one job. The signal is aborted to release the job. Throwing marks the job as failed. */
export type Handle = (job: Job, signal: AbortSignal) => Promise<unknown>;

export interface JobTaker {
  readonly name: string;
  /** The number of jobs in progress. */
  active(): number;
  /** When a job was last taken, by the monotonic clock; initially the start. */
  lastTakenMs(): number;
  /** Takes no jobs until `resume`; running jobs continue. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more jobs, releases running jobs, and ends after at most `graceMs`, even without Redis. */
  stop(graceMs: number): Promise<void>;
}

/** Starts taking the jobs of a queue. */
export function takeJobs(options: TakerOptions, handle: Handle): JobTaker {
  const { clock } = options;
  const { connectionName, queue, settings } = options;
  const silenceMs = settings.deadlineMs;
  const connection = withDuplicates(openQueueConnection(queue.url, 'worker', { connectionName, silenceMs }), silenceMs);
  const jobs = stoppableJobs(handle);
  const worker = new Worker(options.name, jobs.perform, workerOptions(options, connection.main));
  listen(worker, options, jobs);
  let lastTakenMs = clock.monotonicMs();
  worker.on('active', () => {
    lastTakenMs = clock.monotonicMs();
  });
  return {
    name: options.name,
    active: jobs.count,
    lastTakenMs: () => lastTakenMs,
    pause: () => worker.pause(true),
    resume: async () => worker.resume(),
    stop: async (graceMs) => {
      // First, so that it takes no more jobs.
      const closed = worker.close();
      jobs.stopAll();
      await settlesWithin({ clock, limitMs: graceMs }, jobs.idle());
      // All jobs are released: only the goodbye to a server that may be unavailable is left.
      await settlesWithin({ clock, limitMs: Math.min(graceMs, CLOSE_MS) }, closed);
      connection.drop();
    },
  };
}

const CLOSE_MS = 5_000;

type StoppableJobs = {
  perform(job: Job): Promise<unknown>;
  count(): number;
  /** Resolves when all current jobs have finished. */
  idle(): Promise<unknown>;
  stop(id: string, reason: Shutdown): void;
  /** Stops all current and future jobs. */
  stopAll(): void;
};

function stoppableJobs(handle: Handle): StoppableJobs {
  const stops = new Map<string, AbortController>();
  const performing = new Set<Promise<unknown>>();
  const asked = () => new Shutdown('worker_stopped');
  let isStopping = false;
  return {
    perform: async (job) => {
      const stop = new AbortController();
      const id = job.id ?? '';
      stops.set(id, stop);
      // A job that was requested earlier may still arrive.
      if (isStopping) stop.abort(asked());
      const performed = handle(job, stop.signal);
      performing.add(performed);
      try {
        return await performed;
      } finally {
        performing.delete(performed);
        stops.delete(id);
      }
    },
    count: () => stops.size,
    idle: () => Promise.allSettled(performing),
    stop: (id, reason) => stops.get(id)?.abort(reason),
    stopAll: () => {
      isStopping = true;
      for (const stop of stops.values()) stop.abort(asked());
    },
  };
}

function listen(worker: Worker, { name, clock, log }: TakerOptions, jobs: StoppableJobs): void {
  const say = logOnce(clock, (message) => log.warn('queue.error', { queue: name, message }));
  worker.on('error', (error) => say(messageOf(error)));
  worker.on('failed', (job, error) => {
    // Its run.failed or run.discarded says more: the run, its view and the code.
    if (error instanceof RunFailed) return;
    log.warn('job.failed', { queue: name, job: job?.id ?? null, message: wordsOfJob(error) });
  });
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) jobs.stop(id, new Shutdown('job_lock_lost'));
  });
}

/** BullMQ's own errors, for example about a job that was started too often, hold no values. */
function wordsOfJob(error: Error): string {
  return error instanceof UnrecoverableError ? error.message : loggedText(error);
}

function workerOptions(
  { queue, connectionName, concurrency, startsMax, settings }: TakerOptions,
  connection: QueueConnection,
): WorkerOptions {
  const options: WorkerOptions = {
    connection,
    name: connectionName,
    prefix: queue.prefix,
    concurrency,
    lockDuration: settings.lockMs,
    stalledInterval: settings.stalledMs,
    maxStalledCount: settings.stalledMax,
    drainDelay: settings.drainMs / 1_000,
    runRetryDelay: settings.drainMs,
    settings: { repeatStrategy: nextTick },
  };
  return startsMax === undefined ? options : { ...options, maxStartedAttempts: startsMax };
}

/** BullMQ duplicates the connection for blocking commands and hides the copy; we must close both. */
function withDuplicates(main: QueueConnection, silenceMs: number): { main: QueueConnection; drop: () => void } {
  const all = [main];
  const duplicate = main.duplicate.bind(main);
  main.duplicate = (override) => {
    const copy = duplicate({ ...override, ...blockingOptions(silenceMs) });
    // BullMQ stops listening when it closes, and a later error must not end the process.
    copy.on('error', () => undefined);
    all.push(copy);
    return copy;
  };
  main.on('error', () => undefined);
  const drop = () => {
    for (const one of all) one.disconnect();
  };
  return { main, drop };
}

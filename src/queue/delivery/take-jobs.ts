// Takes the jobs of one queue, a few at a time, until it is stopped.
//
// BullMQ does not stop a job whose lock is lost, and its closing waits without limit for jobs, and for a Redis that is
// away (taskforcesh/bullmq#4656). So every job has a signal of ours, and stopping ends when its time is up.

import { type Job, Worker, type WorkerOptions } from 'bullmq';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import type { Log } from '../../core/log.ts';
import { blockingOptions, openQueueConnection, type QueueConnection } from '../../redis/queue-connection.ts';
import { Shutdown } from '../../run/perform.ts';
import { logOnce } from '../faults/log-once.ts';
import { nextTick } from '../leader/next-tick.ts';
import type { QueueAddress } from '../queues.ts';
import type { QueueSettings } from '../settings.ts';
import { settlesWithin } from '../settles-within.ts';

export type TakerOptions = {
  readonly name: string;
  readonly queue: QueueAddress;
  readonly connectionName: string;
  readonly concurrency: number;
  /** After this many starts a job of this queue fails, for jobs whose starts nobody else counts. */
  readonly startsMax?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: QueueSettings;
};

/** Does one job. The signal is aborted when the job is to be given back. What it throws shows the job as failed. */
export type Handle = (job: Job, signal: AbortSignal) => Promise<unknown>;

export interface JobTaker {
  readonly name: string;
  /** How many jobs are being done. */
  active(): number;
  /** When a job was last taken, by the monotonic clock; of the start before any was. */
  lastTakenMs(): number;
  /** Takes nothing until `resume`; what is being done goes on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes nothing more, gives back what is being done, and ends after at most `graceMs`, whether Redis is up or not. */
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
      // First, so that it asks for no more.
      const closed = worker.close();
      jobs.stopAll();
      await settlesWithin(clock, graceMs, jobs.idle());
      // All is given back: what is left is to say so to a server that may be away.
      await settlesWithin(clock, Math.min(graceMs, CLOSE_MS), closed);
      connection.drop();
    },
  };
}

const CLOSE_MS = 5_000;

type StoppableJobs = {
  perform(job: Job): Promise<unknown>;
  count(): number;
  /** Resolves when none of those there are now is being performed. */
  idle(): Promise<unknown>;
  stop(id: string, reason: Shutdown): void;
  /** Stops all there are and all that may still come. */
  stopAll(): void;
};

function stoppableJobs(handle: Handle): StoppableJobs {
  const stops = new Map<string, AbortController>();
  const performing = new Set<Promise<unknown>>();
  const asked = () => new Shutdown('its worker was asked to stop');
  let isStopping = false;
  return {
    perform: async (job) => {
      const stop = new AbortController();
      const id = job.id ?? '';
      stops.set(id, stop);
      // A job may still arrive that was asked for before we stopped asking.
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
    log.warn('job.failed', { queue: name, job: job?.id ?? null, message: error.message });
  });
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) jobs.stop(id, new Shutdown('its lock in the queue was lost'));
  });
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

/** BullMQ duplicates the connection it is given, to block on the copy, and keeps it to itself; both are ours to drop. */
function withDuplicates(main: QueueConnection, silenceMs: number): { main: QueueConnection; drop: () => void } {
  const all = [main];
  const duplicate = main.duplicate.bind(main);
  main.duplicate = (override) => {
    const copy = duplicate({ ...override, ...blockingOptions(silenceMs) });
    // BullMQ listens until it closes, and an error after that must not end the process.
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

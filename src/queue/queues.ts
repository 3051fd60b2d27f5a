// The queues: their names and settings, and the one way to use them.
//
// BullMQ delivers hints; Postgres has the truth. Any job may be lost, late or duplicated, so every job has one attempt:
// a retry is another delivery, counted in Postgres.

import { once } from 'node:events';
import { type QueueOptions as BullOptions, type JobsOptions, Queue } from 'bullmq';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { withoutSecrets } from '../core/url.ts';
import { within } from '../core/within.ts';
import { type RedisRole, redisFailure } from '../redis/failure.ts';
import { openQueueConnection, type QueueConnection } from '../redis/queue-connection.ts';
import type { RunJob, TickJob } from './delivery/job-data.ts';
import { requireNoEviction } from './faults/no-eviction.ts';
import { nextTick } from './leader/next-tick.ts';
import type { KeptJobs, QueueSettings } from './settings.ts';

/** Ticks; runs; runs of backfills. */
export const QUEUE_NAMES = { tick: 'tick', run: 'run', backfill: 'backfill' } as const;

export type QueueAddress = {
  readonly url: string;
  /** The prefix of all keys of the queues. */
  readonly prefix: string;
};

export type QueuesOptions = {
  readonly queue: QueueAddress;
  readonly connectionName: string;
  readonly clock: Clock;
  readonly settings: QueueSettings;
};

export interface Queues extends AsyncDisposable {
  readonly tick: Queue<TickJob>;
  readonly run: Queue<RunJob>;
  readonly backfill: Queue<RunJob>;
  /**
   * Does some work with Redis under a deadline. If it rejects, the work may still have been done.
   *
   * @throws Failure QUEUE_UNAVAILABLE or QUEUE_DENIED
   */
  exchange<T>(work: (connection: QueueConnection) => Promise<T>): Promise<T>;
}

/** Opens the queues. @throws Failure QUEUE_UNAVAILABLE if Redis does not respond, QUEUE_DENIED or QUEUE_UNSAFE. */
export async function openQueues(options: QueuesOptions): Promise<Queues> {
  const { queue, clock, settings } = options;
  const role = queueRole(queue.url);
  const connection = openQueueConnection(queue.url, 'producer', {
    connectionName: options.connectionName,
    silenceMs: settings.deadlineMs,
  });
  // Without a listener the driver writes to the console; the failing exchange reports the error.
  connection.on('error', () => undefined);
  const exchange = <T>(work: (connection: QueueConnection) => Promise<T>) =>
    withDeadline(clock, settings.deadlineMs, role, connection, work);
  try {
    await exchange(() => once(connection, 'ready'));
    // Before BullMQ checks it and warns on the console.
    await requireNoEviction(exchange, queue.url);
    const queues = bullQueues(connection, options);
    await exchange(() => Promise.all(queues.all.map((one) => one.waitUntilReady())));
    return { ...queues, exchange, [Symbol.asyncDispose]: () => close(queues.all, connection) };
  } catch (error) {
    connection.disconnect();
    throw error;
  }
}

/** The name of the server in messages. */
export function queueRole(url: string): RedisRole {
  return { label: `The queue (${withoutSecrets(url)})`, unavailable: 'QUEUE_UNAVAILABLE', denied: 'QUEUE_DENIED' };
}

function bullQueues(connection: QueueConnection, { queue, settings }: QueuesOptions) {
  const open = <Data>(name: string, keptDone: KeptJobs, keptFailed: KeptJobs) => {
    const options: BullOptions = {
      connection,
      prefix: queue.prefix,
      defaultJobOptions: jobOptions(keptDone, keptFailed),
      streams: { events: { maxLen: settings.eventsMax } },
      settings: { repeatStrategy: nextTick },
    };
    const opened = new Queue<Data>(name, options);
    opened.on('error', () => undefined); // as for the connection
    return opened;
  };
  const tick = open<TickJob>(QUEUE_NAMES.tick, settings.ticksKept, settings.ticksKept);
  const run = open<RunJob>(QUEUE_NAMES.run, settings.completedKept, settings.failedKept);
  const backfill = open<RunJob>(QUEUE_NAMES.backfill, settings.completedKept, settings.failedKept);
  return { tick, run, backfill, all: [tick, run, backfill] };
}

function jobOptions(done: KeptJobs, failed: KeptJobs): JobsOptions {
  return {
    attempts: 1,
    removeOnComplete: { age: done.ageSeconds, count: done.count },
    removeOnFail: { age: failed.ageSeconds, count: failed.count },
  };
}

async function withDeadline<T>(
  clock: Clock,
  deadlineMs: number,
  role: RedisRole,
  connection: QueueConnection,
  work: (connection: QueueConnection) => Promise<T>,
): Promise<T> {
  const sentence = text`${safe(role.label)} has not responded for ${safe(deadlineMs / 1_000)} s.`;
  try {
    return await within({ clock, limitMs: deadlineMs }, work(connection), () => {
      // A silent connection may stay silent forever: the next exchange gets a new one.
      connection.disconnect(true);
      throw new Failure('QUEUE_UNAVAILABLE', sentence);
    });
  } catch (error) {
    throw redisFailure(error, role);
  }
}

/** Closes without BullMQ's unlimited wait for Redis. */
async function close(queues: readonly Queue[], connection: QueueConnection): Promise<void> {
  connection.disconnect();
  await Promise.allSettled(queues.map((queue) => queue.close()));
}

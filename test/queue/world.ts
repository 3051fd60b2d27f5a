// A system with a queue: the state database, a Redis database for the queue, and short timings.

import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/core/clock.ts';
import type { Log, LogFacts } from '../../src/core/log.ts';
import type { Job } from '../../src/definition/job.ts';
import type { Database } from '../../src/postgres/database.ts';
import { openQueues, type QueueAddress, type Queues } from '../../src/queue/queues.ts';
import { type SchedulerOptions, startScheduler } from '../../src/queue/scheduler.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings } from '../../src/queue/settings.ts';
import { type RunningWorker, startWorker, type WorkerOptions } from '../../src/queue/worker.ts';
import { performRun } from '../../src/run/perform.ts';
import type { ProcessIdentity, ProcessKind } from '../../src/state/processes.ts';
import { deploy } from '../../src/state/views/deploy.ts';
import { appliedViews } from '../../src/state/views/views.ts';
import { freshRedis } from '../support/servers.ts';
import { fingerprinted } from '../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';

export const FAST: QueueSettings = {
  ...DEFAULT_QUEUE_SETTINGS,
  lockMs: 2_000,
  stalledMs: 500,
  drainMs: 200,
  deadlineMs: 3_000,
  electMs: 50,
  // No test waits for its end, and a busy machine would end one in the middle of a test.
  termMs: 10_000,
  reconcileMs: 200,
  probeMs: 100,
  deliveryGraceMs: 200,
  heartbeatMs: 100,
  stuckMs: 3_000,
  safetyMs: 200,
  graceMs: 5_000,
};

/** A log that keeps its events. */
export type KeptLog = Log & { readonly said: { readonly event: string; readonly facts: LogFacts }[] };

export function keptLog(): KeptLog {
  const said: { event: string; facts: LogFacts }[] = [];
  const keep = (event: string, facts: LogFacts = {}) => void said.push({ event, facts });
  return { said, debug: keep, info: keep, warn: keep, error: keep };
}

export type QueueWorld = AsyncDisposable & {
  readonly system: World;
  readonly queue: QueueAddress;
  readonly queues: Queues;
  readonly log: KeptLog;
  worker(extra?: Partial<WorkerOptions>): Promise<RunningWorker>;
  /** A scheduler that deploys these jobs by default. */
  scheduler(extra?: Partial<SchedulerOptions> & { readonly jobs?: readonly Job[] }): Promise<AsyncDisposable>;
};

/** Everything but processes; `spend` is a source table with three rows. */
export async function openQueueWorld(options: WorldOptions & { queueUrl?: string } = {}): Promise<QueueWorld> {
  await using parts = new AsyncDisposableStack();
  const system = parts.use(await openWorld(options));
  await system.sql('create table spend (entity_id text, value float8)');
  await system.sql(`insert into spend values ('ada', 1.5), ('bob', 2)`);
  const queue = { url: options.queueUrl ?? (await freshRedis('queue')), prefix: 'millrace' };
  const log = keptLog();
  const shared = { queue, clock: systemClock, settings: FAST };
  const queues = parts.use(await openQueues({ ...shared, connectionName: 'test' }));
  const { database, engine } = system.app;
  const opened = parts.move();
  return {
    system,
    queue,
    queues,
    log,
    worker: (extra) =>
      startWorker({
        ...shared,
        database,
        log,
        process: identity('worker'),
        concurrency: 2,
        perform: (run, signal) => performRun(engine, run, signal),
        probeSources: (signal) => system.app.probeSources(signal),
        ...extra,
      }),
    scheduler: ({ jobs = [], deployViews, ...extra } = {}) => {
      // Once, as a process does that is elected again: a test may have deployed other jobs since.
      const once = { isDeployed: false };
      return startScheduler({
        ...shared,
        database,
        log,
        process: identity('scheduler'),
        deployViews: async () => {
          await deployViews?.();
          if (!once.isDeployed) await deployJobs(database, jobs);
          once.isDeployed = true;
        },
        repairOnline: async () => {},
        lookForLateFiles: async () => {},
        deleteOld: async () => ({ runs: 0, events: 0, backfills: 0, deployments: 0, operations: 0 }),
        ...extra,
      });
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Deploys jobs; the views do not change. */
export async function deployJobs(database: Database, jobs: readonly Job[]): Promise<void> {
  const views = (await appliedViews(database)).map(({ view }) => fingerprinted(view));
  await deploy(database, { views, jobs, program: '0.0.0', by: 'test' });
}

export function identity(kind: ProcessKind): ProcessIdentity {
  return { id: `test.${randomUUID()}`, kind, host: 'test', pid: process.pid, version: '0.0.0' };
}

/** For the jobs of a real scheduler, which otherwise ticks by itself in a test that runs at three. */
export const LEAP_DAYS = '0 3 29 2 *';

/** A job that ticks at three every night by default. */
export function job(extra: Partial<Job> = {}): Job {
  return {
    name: 'nightly',
    description: '',
    cron: '0 3 * * *',
    timezone: 'Europe/London',
    views: ['spend'],
    retries: { attempts: 3, backoffMs: 10, maxMs: 20 },
    timeoutMs: 60_000,
    priority: 5,
    paused: false,
    ...extra,
  };
}

/** The states of all runs, in planning order. */
export async function states(world: QueueWorld): Promise<unknown[]> {
  const rows = await world.system.sql('select state from millrace.run order by id');
  return rows.map((row) => row['state']);
}

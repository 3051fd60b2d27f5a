// The work of the elected scheduler while the servers are safe: it takes ticks and reconciles.

import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../postgres/database.ts';
import type { Deleted } from '../../state/retention/retention.ts';
import { type DeployedJob, deployedJob, newestDeployment } from '../../state/views/deployment.ts';
import { parseTickJob } from '../delivery/job-data.ts';
import { type JobTaker, takeJobs } from '../delivery/take-jobs.ts';
import { QUEUE_NAMES, type QueueAddress, type Queues } from '../queues.ts';
import { repeat } from '../repeat.ts';
import type { QueueSettings } from '../settings.ts';
import type { LeaderTask } from './elect.ts';
import { rememberTicks } from './missed-ticks.ts';
import { part, reconcile } from './reconcile.ts';
import { tick } from './tick.ts';

/** What the scheduler needs when it is elected. */
export type LeaderOptions = {
  readonly database: Database;
  readonly queue: QueueAddress;
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

export type ElectedOptions = LeaderOptions & { readonly connectionName: string; readonly queues: Queues };

export type Elected = {
  readonly task: LeaderTask;
  /** Stops taking work, while the servers are unsafe. */
  pause(): Promise<void>;
  resume(): Promise<void>;
};

/** A tick that killed its process this often is given up; the next one comes anyway. */
const TICK_STARTS_MAX = 5;

export function leaderTasks(options: ElectedOptions): Elected {
  const { clock, settings } = options;
  let isPaused = false;
  let ticks: JobTaker | null = null;
  const unlessPaused = async (work: () => Promise<void>) => {
    if (!isPaused) await work();
  };
  return {
    pause: async () => {
      isPaused = true;
      await ticks?.pause();
    },
    resume: async () => {
      isPaused = false;
      await ticks?.resume();
    },
    task: async (signal) => {
      const definitions = deployOnce(options, signal);
      // Before the first tick, so that it finds the views of this process.
      await unlessPaused(definitions);
      ticks = takeTicks(options);
      const schedules = { takenSince: clock.now(), lastTick: rememberTicks() };
      if (isPaused) await ticks.pause();
      const everyPeriod = (work: () => Promise<void>) =>
        repeat(clock, settings.reconcileMs, signal, () => unlessPaused(work));
      // Independent loops: a long rebuild must not delay the repair of schedules.
      await Promise.all([
        options.measure?.(signal),
        everyPeriod(async () => {
          await definitions();
          await reconcile({ ...options, ...schedules, jobs: await deployedJobs(options, signal) }, signal);
        }),
        everyPeriod(() => part(options, signal, 'online', () => options.repairOnline(signal))),
        everyPeriod(() => part(options, signal, 'files', () => options.lookForLateFiles(signal))),
        everyPeriod(() => part(options, signal, 'retention', () => deleteOld(options, signal))),
      ]);
      await ticks.stop(settings.graceMs);
      ticks = null;
    },
  };
}

async function deleteOld({ deleteOld, log }: ElectedOptions, signal: AbortSignal): Promise<void> {
  const deleted = await deleteOld(signal);
  if (Object.values(deleted).some((count) => count > 0)) log.info('retention.deleted', deleted);
}

/** Deploys the definitions, until it has succeeded once. */
function deployOnce(options: ElectedOptions, signal: AbortSignal): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (isDone) return;
    await part(options, signal, 'definitions', async () => {
      await options.deployViews();
      isDone = true;
    });
  };
}

/** The deployed jobs; null if there are none yet, or if they cannot be read. */
async function deployedJobs(options: ElectedOptions, signal: AbortSignal): Promise<readonly DeployedJob[] | null> {
  let jobs: readonly DeployedJob[] | null = null;
  await part(options, signal, 'jobs', async () => {
    jobs = (await newestDeployment(options.database))?.jobs ?? null;
  });
  return jobs;
}

function takeTicks(options: ElectedOptions): JobTaker {
  const { database, queue, connectionName, clock, log, settings } = options;
  const concurrency = settings.tickConcurrency;
  const taker = { queue, connectionName, concurrency, startsMax: TICK_STARTS_MAX, clock, log, settings };
  return takeJobs({ ...taker, name: QUEUE_NAMES.tick }, async ({ data }) => {
    const { job: name } = parseTickJob(data);
    // The current deployment: this tick may be older, and so may this process.
    const job = await deployedJob(database, name);
    if (job !== null && !job.paused) return tick(options, job);
    log.warn(job === null ? 'tick.job_unknown' : 'tick.job_paused', { job: name });
    return { job: name, dropped: job === null ? 'no job of that name is deployed' : 'the job is paused' };
  });
}

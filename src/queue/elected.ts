// What the elected scheduler does during its term, as long as the servers are safe: it takes ticks and reconciles.

import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Job } from '../definition/job.ts';
import type { Database } from '../postgres/database.ts';
import type { Duties } from './elect.ts';
import { parseTickJob } from './job-data.ts';
import { QUEUE_NAMES, type QueueAddress, type Queues } from './queues.ts';
import { part, reconcile } from './reconcile.ts';
import { repeat } from './repeat.ts';
import type { QueueSettings } from './settings.ts';
import { type Taker, takeJobs } from './take-jobs.ts';
import { tick } from './tick.ts';

export type ElectedOptions = {
  readonly database: Database;
  readonly queue: QueueAddress;
  readonly connectionName: string;
  readonly queues: Queues;
  readonly jobs: readonly Job[];
  readonly takeOver: () => Promise<void>;
  readonly repairOnline: (signal: AbortSignal) => Promise<void>;
  readonly lookForLateFiles: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: QueueSettings;
};

export type Elected = {
  readonly duties: Duties;
  /** Rests while the servers are unsafe. */
  setSafe(isSafe: boolean): Promise<void>;
};

/** A tick whose handling killed its process this often is given up; the next one comes anyway. */
const TICK_STARTS_MAX = 5;

export function electedDuties(options: ElectedOptions): Elected {
  const { clock, settings } = options;
  let isSafe = true;
  let ticks: Taker | null = null;
  const whenSafe = async (work: () => Promise<void>) => {
    if (isSafe) await work();
  };
  return {
    setSafe: async (safe) => {
      isSafe = safe;
      await (safe ? ticks?.resume() : ticks?.pause());
    },
    duties: async (signal) => {
      const definitions = takenOver(options, signal);
      // Before the first tick, so that it finds the views of this process.
      await whenSafe(definitions);
      ticks = takeTicks(options);
      if (!isSafe) await ticks.pause();
      const everyPeriod = (work: () => Promise<void>) =>
        repeat(clock, settings.reconcileMs, signal, () => whenSafe(work));
      // Each at its own pace: a long rebuild must not keep the schedules from being repaired.
      await Promise.all([
        everyPeriod(() => definitions().then(() => reconcile(options, signal))),
        everyPeriod(() => part(options, signal, 'online', () => options.repairOnline(signal))),
        everyPeriod(() => part(options, signal, 'files', () => options.lookForLateFiles(signal))),
      ]);
      await ticks.stop(settings.graceMs);
      ticks = null;
    },
  };
}

/** Takes the definitions over, until that has worked once. */
function takenOver(options: ElectedOptions, signal: AbortSignal): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (isDone) return;
    await part(options, signal, 'definitions', async () => {
      await options.takeOver();
      isDone = true;
    });
  };
}

function takeTicks(options: ElectedOptions): Taker {
  const { queue, connectionName, jobs, clock, log, settings } = options;
  const concurrency = settings.tickConcurrency;
  const taker = { queue, connectionName, concurrency, startsMax: TICK_STARTS_MAX, clock, log, settings };
  return takeJobs({ ...taker, name: QUEUE_NAMES.tick }, async ({ data }) => {
    const { job: name } = parseTickJob(data);
    const job = jobs.find((one) => one.name === name);
    if (job !== undefined) return tick(options, job);
    log.warn('tick.job_unknown', { job: name });
    return { job: name, dropped: 'the elected scheduler has no such job' };
  });
}

// The long-running processes, composed: what `millrace scheduler`, `worker` and `dev` start.

import { hostname } from 'node:os';
import type { App } from './app.ts';
import { dataFingerprint, metaFingerprint, rebuildFingerprint } from './definition/fingerprint.ts';
import type { Definitions } from './definition/load.ts';
import type { FeatureView } from './definition/view.ts';
import { repairOnline } from './online/repair.ts';
import { startScheduler } from './queue/scheduler.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings } from './queue/settings.ts';
import { type RunningWorker, startWorker } from './queue/worker.ts';
import { performRun } from './run/perform.ts';
import type { ProcessIdentity, ProcessKind } from './state/processes.ts';
import { type FingerprintedView, retireViews, takeOverViews } from './state/views.ts';

/** A definition with its fingerprints. */
export function fingerprinted(view: FeatureView): FingerprintedView {
  return { view, data: dataFingerprint(view), meta: metaFingerprint(view), rebuild: rebuildFingerprint(view) };
}

/** This process, as one of a kind. */
export function identityOf(app: App, kind: ProcessKind, version: string): ProcessIdentity {
  return { id: `${app.processId}.${kind}`, kind, host: hostname(), pid: process.pid, version };
}

export type ProcessOptions = {
  readonly version: string;
  readonly queueSettings?: Partial<QueueSettings>;
};

/** Starts a scheduler over the definitions of a project. @throws as startScheduler */
export function startProjectScheduler(
  app: App,
  { views, jobs }: Pick<Definitions, 'views' | 'jobs'>,
  { version, queueSettings }: ProcessOptions,
): Promise<AsyncDisposable> {
  const { database, clock, log, connections } = app;
  return startScheduler({
    database,
    clock,
    log,
    queue: connections.queue,
    jobs,
    process: identityOf(app, 'scheduler', version),
    takeOver: async () => {
      await takeOverViews(database, views.map(fingerprinted));
      await retireViews(
        database,
        views.map((view) => view.name),
      );
    },
    lookForLateFiles: (signal) => app.lookForLateFiles(signal),
    repairOnline: (signal) => repairOnline({ ...app.publisher, log }, signal),
    settings: { ...DEFAULT_QUEUE_SETTINGS, ...queueSettings },
  });
}

/** Starts a worker that performs up to `concurrency` runs at once. @throws as startWorker */
export function startProjectWorker(
  app: App,
  { version, queueSettings, concurrency }: ProcessOptions & { readonly concurrency: number },
): Promise<RunningWorker> {
  const { database, clock, log, connections, engine } = app;
  return startWorker({
    database,
    clock,
    log,
    queue: connections.queue,
    process: identityOf(app, 'worker', version),
    concurrency,
    perform: (runId, signal) => performRun(engine, runId, signal),
    settings: { ...DEFAULT_QUEUE_SETTINGS, ...queueSettings },
  });
}

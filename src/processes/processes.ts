// The long-running processes, composed: what `millrace scheduler`, `worker` and `dev` start.

import { hostname } from 'node:os';
import type { Api } from '../api/server.ts';
import type { App } from '../app.ts';
import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { textOf } from '../core/message.ts';
import { settlesWithin } from '../core/within.ts';
import type { Role } from '../dashboard/context.ts';
import type { Dashboard } from '../dashboard/server.ts';
import type { ApiAccess } from '../definition/connections/api-config.ts';
import type { DashboardLogin } from '../definition/connections/dashboard-config.ts';
import type { Definitions } from '../definition/load.ts';
import type { Metrics } from '../observe/metrics/metrics.ts';
import { watchEviction } from '../online/eviction.ts';
import { repairOnline } from '../online/repair.ts';
import { applyAtStart } from '../operations/apply.ts';
import { outdatedSentence } from '../presentation/outdated-definitions.ts';
import { startScheduler } from '../queue/scheduler.ts';
import { type RunningWorker, startWorker } from '../queue/worker.ts';
import { performRun } from '../run/perform.ts';
import { type ProcessIdentity, type ProcessKind, processIdOf } from '../state/processes.ts';
import { databaseNow } from '../state/queries/view-overview.ts';
import { openRetention } from '../state/retention/retention.ts';
import type { Deploying } from '../state/views/deploy.ts';
import { fingerprinted, withParts } from '../state/views/fingerprinted.ts';
import { type Alerting, startAlerts } from './alerting.ts';
import type { ProcessOptions } from './process-options.ts';
import { readingEntities } from './read-entity.ts';
import { measureState } from './state-metrics.ts';

/** This process, as one of a kind. */
export function identityOf(app: App, kind: ProcessKind, version: string): ProcessIdentity {
  return { id: processIdOf(app.processId, kind), kind, host: hostname(), pid: process.pid, version };
}

/** The definitions of a project, for the record of deployments. */
export function deploying(app: App, { views, jobs }: Pick<Definitions, 'views' | 'jobs'>, version: string): Deploying {
  return { views: withParts(views.map(fingerprinted)), jobs, program: version, by: app.processId };
}

export type SchedulerProcessOptions = ProcessOptions & {
  readonly alerting?: Alerting;
  /** How long records are kept; null or absent keeps all of them. */
  readonly retentionMs?: number | null;
  /** Where the elected scheduler reports the state of views; absent if metrics are off. */
  readonly metrics?: Metrics;
  /** How long ago the definitions were read, if the start had to wait: anything deployed since then is newer. */
  readonly waitedMs?: number;
};

/** Long enough for one round of alerts and a webhook that answers; the next start sends what is left. */
const LAST_WORDS_MS = 5_000;

/** Starts a scheduler over the definitions of a project, which also looks for alerts. @throws as startScheduler */
export async function startProjectScheduler(
  app: App,
  definitions: Pick<Definitions, 'views' | 'jobs'>,
  options: SchedulerProcessOptions,
): Promise<AsyncDisposable> {
  const { alerting } = options;
  await using parts = new AsyncDisposableStack();
  const alerts = alerting === undefined ? null : parts.use(startAlerts(app, alerting, options));
  try {
    parts.use(await startTicking(app, definitions, options));
  } catch (error) {
    // While Redis is down, each restart still sends alerts.
    if (alerts !== null && alerting?.rules.length !== 0)
      await settlesWithin({ clock: app.clock, limitMs: LAST_WORDS_MS }, alerts.firstRound);
    throw error;
  }
  const started = parts.move();
  return { [Symbol.asyncDispose]: () => started.disposeAsync() };
}

async function startTicking(
  app: App,
  definitions: Pick<Definitions, 'views' | 'jobs'>,
  { version, waitedMs = 0, retentionMs = null, metrics }: SchedulerProcessOptions,
): Promise<AsyncDisposable> {
  const { database, clock, log, connections } = app;
  // 0 until it is elected.
  metrics?.set({ name: 'millrace_scheduler_elected', value: 0 });
  const startedAt = epochMsOf((await databaseNow(database)) - Math.ceil(waitedMs));
  const warnOfEviction = watchEviction(app.online, log);
  return startScheduler({
    database,
    clock,
    log,
    queue: connections.queue,
    process: identityOf(app, 'scheduler', version),
    deployViews: deployingAtElection(app, deploying(app, definitions, version), startedAt),
    deleteOld: openRetention({ database, clock, retentionMs }),
    lookForLateFiles: (signal) => app.lookForLateFiles(signal),
    repairOnline: async (signal) => {
      await warnOfEviction(signal);
      await repairOnline({ ...app.publisher, log }, signal);
    },
    ...(metrics === undefined ? {} : { measure: (signal) => measureState(app, metrics, signal) }),
    settings: app.settings.queue,
  });
}

/** Deploys the definitions at each election, and warns once per process if they are outdated. */
function deployingAtElection(
  { database, log, processId }: App,
  definitions: Deploying,
  startedAt: EpochMs,
): () => Promise<void> {
  const actor = { kind: 'process', name: processId } as const;
  let hasWarned = false;
  return async () => {
    const outcome = await applyAtStart({ database, log }, actor, definitions, startedAt);
    if (outcome.kind === 'deployed') log.info('definitions.deployed', { generation: outcome.deployed.generation });
    if (outcome.kind !== 'outdated' || hasWarned) return;
    hasWarned = true;
    log.warn('definitions.outdated', { message: textOf(outdatedSentence(outcome)) });
  };
}

/** Starts a worker that performs up to `concurrency` runs, and as many backfill chunks, in parallel. @throws as startWorker */
export async function startProjectWorker(
  app: App,
  { version, concurrency }: ProcessOptions & { readonly concurrency: number },
): Promise<RunningWorker> {
  const { database, clock, log, connections, engine } = app;
  // A killed worker leaves its files behind.
  await app.spool.sweep();
  return startWorker({
    database,
    clock,
    log,
    queue: connections.queue,
    process: identityOf(app, 'worker', version),
    concurrency,
    perform: (runId, signal) => performRun(engine, runId, signal),
    probeSources: (signal) => app.probeSources(signal),
    settings: app.settings.queue,
  });
}

export type DashboardProcessOptions = {
  readonly project: string;
  readonly version: string;
  readonly login: DashboardLogin;
  readonly defaultRole: Role;
  readonly host: string;
  readonly port: number;
  readonly metrics?: Metrics;
};

/** Starts the dashboard over the stores of a project. @throws as startDashboard */
export async function startProjectDashboard(app: App, options: DashboardProcessOptions): Promise<Dashboard> {
  const { clock, log, openQueues } = app;
  // Imported here: schedulers and workers serve no pages.
  const { startDashboard } = await import('../dashboard/server.ts');
  await using parts = new AsyncDisposableStack();
  const database = parts.use(app.openPagesDatabase());
  const ping = () => app.database.query('select 1');
  const { url } = parts.use(
    await startDashboard({
      ...options,
      database,
      ping,
      clock,
      log,
      openQueues,
      readEntity: readingEntities(app, database),
    }),
  );
  const started = parts.move();
  return { url, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

export type ApiProcessOptions = {
  readonly project: string;
  readonly version: string;
  readonly access: ApiAccess;
  /** The contents of the files of `api.tls`. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly host: string;
  readonly port: number;
  readonly metrics?: Metrics;
};

/** Starts the API over the stores of a project. @throws as startApi */
export async function startProjectApi(
  app: App,
  { views, services }: Pick<Definitions, 'views' | 'services'>,
  options: ApiProcessOptions,
): Promise<Api> {
  const { database, online, clock, log, openQueues } = app;
  // Imported here: schedulers and workers serve no requests.
  const { startApi } = await import('../api/server.ts');
  await using parts = new AsyncDisposableStack();
  const reads = parts.use(app.openReadsDatabase());
  const { url } = parts.use(
    await startApi({ ...options, database, reads, online, clock, log, openQueues, defined: views, services }),
  );
  const started = parts.move();
  return { url, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

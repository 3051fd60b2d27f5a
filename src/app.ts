// The composition root: the only place that builds the parts of a process and hands them to each other.

import { randomUUID } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { type Clock, systemClock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import { loggedText } from './core/logged.ts';
import { type Random, systemRandom } from './core/random.ts';
import { withoutSecrets } from './core/url.ts';
import { DEFAULT_SPOOL } from './definition/config.ts';
import type { Connections } from './definition/connections/connections.ts';
import { redisUrl } from './definition/connections/redis-url.ts';
import { summarizeTimes } from './offline/table.ts';
import type { PublisherOptions } from './online/lease.ts';
import { publishRun } from './online/publish.ts';
import type { OnlineStore } from './online/store.ts';
import { createWritePace } from './online/writing/write-pace.ts';
import { type Database, openDatabase } from './postgres/database.ts';
import { deliverRuns } from './queue/delivery/deliver.ts';
import { openQueues, type Queues } from './queue/queues.ts';
import { runsMax } from './queue/worker.ts';
import { openRedis } from './redis/connection.ts';
import { lookForLateFiles } from './run/late-files.ts';
import { Snooze } from './run/outcome.ts';
import type { RunEngine } from './run/perform.ts';
import { probeSources } from './run/probe-sources.ts';
import type { Stage } from './run/stage.ts';
import { checkRowsStage } from './run/stages/check-rows.ts';
import { claimStage } from './run/stages/claim.ts';
import { commitStage } from './run/stages/commit.ts';
import { extractStage } from './run/stages/extract.ts';
import { finishStage } from './run/stages/finish.ts';
import { type PublishRun, publishStage } from './run/stages/publish.ts';
import { type Settings, type SettingsChanges, settingsOf } from './settings.ts';
import { backfillPlacesOf } from './sources/backfill-places.ts';
import { type EnginePool, openEnginePool } from './sources/lake/engine/pool.ts';
import { openPartsSource } from './sources/open-parts.ts';
import { sourcesOf } from './sources/open-sources.ts';
import type { Source } from './sources/source.ts';
import { openSpool, type Spool } from './sources/storage/spool.ts';
import { explained } from './state/explained.ts';
import { ownerOf } from './state/processes.ts';
import { passOnlineBy } from './state/views/parts.ts';

/** Enough for the commands and pages of a process that performs few runs. */
const POOL_MIN = 12;

/** Enough for the lease renewals of all runs of a process, which are quick. */
const LEASE_POOL_MAX = 2;

export type AppOptions = {
  /** The folder of millrace.yaml: the base of relative file URLs. */
  readonly folder: string;
  /** The connections of millrace.yaml, with variables filled in. */
  readonly connections: Connections;
  readonly log: Log;
  readonly settings?: SettingsChanges;
  /** How many runs this process performs in parallel: each needs its own connections. */
  readonly parallelRuns?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** For tests that end the process between stages. */
  readonly changeStages?: (stages: readonly Stage[]) => readonly Stage[];
};

/** The options for publishing, except the view. */
export type Publisher = Omit<PublisherOptions, 'viewId' | 'signal'>;

export type App = AsyncDisposable & {
  readonly connections: Connections;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** `host.pid.xxxxxxxx`: unique among all processes, past and present. */
  readonly processId: string;
  readonly database: Database;
  /** Separate connections for pages, with a statement timeout, so that slow pages do not delay runs. The caller closes them. */
  openPagesDatabase(): Database;
  /** The same for reads over the API, so that slow reads do not delay pushes. The caller closes them. */
  openReadsDatabase(): Database;
  readonly online: OnlineStore;
  /** The options for publishing, rebuilding and repairing. */
  readonly publisher: Publisher;
  /** Local copies of remote files while they are read. */
  readonly spool: Spool;
  /** The processes that read files of sources, and write those of training sets. */
  readonly engines: EnginePool;
  /** The open source of a name. @throws Failure SOURCE_UNAVAILABLE for a name that this process does not know. */
  sourceOf(name: string): Source;
  /** Marks intervals stale that were covered without a file, or from a file that has changed since. */
  lookForLateFiles(signal: AbortSignal): Promise<void>;
  /** Probes the sources that intervals wait for. Returns the runs that it planned because a source has responded. */
  probeSources(signal: AbortSignal): Promise<readonly number[]>;
  readonly engine: RunEngine;
  /** Connects to the queues. @throws Failure QUEUE_UNAVAILABLE */
  openQueues(): Promise<Queues>;
  /** Hands runs to the workers. @throws Failure QUEUE_UNAVAILABLE */
  deliver(runIds: readonly number[]): Promise<void>;
};

/** Builds the parts of a process; nothing connects before it is used. */
export function openApp(options: AppOptions): App {
  const base = baseOf(options);
  const { connections, settings, clock, log, processId, resources } = base;
  const stores = openStores(base);
  const reading = openReading(base);
  const { database, online, publisher } = stores;
  const { spool, engines, sourceOf } = reading;
  const openLimited = (statementMs: number) => openState(connections, settings, clock, { statementMs });
  const queuesOf = () =>
    openQueues({ queue: connections.queue, connectionName: `millrace.${processId}`, clock, settings: settings.queue });
  return {
    connections,
    settings,
    clock,
    log,
    processId,
    database,
    openReadsDatabase: () => openLimited(settings.apiStatementMs),
    openPagesDatabase: () => openLimited(settings.pageStatementMs),
    online,
    publisher,
    spool,
    engines,
    sourceOf,
    lookForLateFiles: (signal) => lookForLateFiles({ database, sourceOf, log }, signal),
    probeSources: (signal) => probeSources({ database, sourceOf, clock, log }, signal),
    engine: engineOf(base, stores, reading),
    openQueues: queuesOf,
    deliver: async (runIds) => {
      await using queues = await queuesOf();
      await deliverRuns(queues, database, runIds);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The options with their defaults, the name of the process, and what it closes at its end, in reverse order. */
type Base = Required<Omit<AppOptions, 'settings'>> & {
  readonly settings: Settings;
  readonly processId: string;
  readonly resources: AsyncDisposableStack;
};

function baseOf({ parallelRuns = 1, settings, ...options }: AppOptions): Base {
  return {
    clock: systemClock,
    random: systemRandom,
    changeStages: (same) => same,
    ...options,
    parallelRuns,
    settings: settingsOf({ statePoolMax: statePoolFor(parallelRuns), ...settings }),
    processId: `${hostname()}.${process.pid}.${randomUUID().slice(0, 8)}`,
    resources: new AsyncDisposableStack(),
  };
}

type Stores = Pick<App, 'database' | 'online' | 'publisher'> & { readonly leases: Database };

function openStores({ connections, settings, clock, processId, resources }: Base): Stores {
  const database = resources.use(openState(connections, settings, clock));
  const leases = resources.use(openState(connections, leaseSettings(settings), clock));
  const { url, renewed, prefix, rowsPerSecond } = connections.online;
  const redis = openRedis({
    url,
    ...(renewed === undefined ? {} : { renewedUrl: async () => redisUrl((await renewed()).url) }),
    clock,
    deadlineMs: settings.onlineDeadlineMs,
    connectionName: 'millrace',
  });
  const pace = rowsPerSecond === undefined ? {} : { pace: createWritePace(rowsPerSecond, clock) };
  const online: OnlineStore = { redis: resources.use(redis), prefix, clock, ...pace };
  const publisher = { database, leases, online, owner: processId, leaseMs: settings.leaseMs };
  return { database, leases, online, publisher };
}

/** What reads rows: the sources, and the parts of incremental views in the offline store. */
type Reading = Pick<App, 'spool' | 'engines' | 'sourceOf'> & { readonly parts: Source };

function openReading({ folder, connections, settings, clock, parallelRuns, resources }: Base): Reading {
  const spool = resources.use(spoolOf(folder, connections, clock));
  const engines = resources.use(enginesOf(parallelRuns, clock));
  const { batchRows, connectTimeoutMs } = settings;
  const sourceOf = sourcesOf({ folder, connections, batchRows, clock, resources, spool, engines });
  const poolMax = runsMax(parallelRuns);
  const parts = resources.use(
    openPartsSource(connections, {
      connectTimeoutMs,
      poolMax,
      projectFolder: folder,
      batchRows,
      spool,
      engines,
      clock,
    }),
  );
  return { spool, engines, sourceOf, parts };
}

function engineOf(base: Base, stores: Stores, reading: Reading): RunEngine {
  const { settings, clock, random, log } = base;
  const { database, leases } = stores;
  return {
    database,
    leases,
    stages: base.changeStages(stagesOf(base, stores, reading)),
    clock,
    random,
    log,
    leaseMs: settings.leaseMs,
    publishDelayMs: settings.retries.publishMs,
  };
}

/** The stages of a run, in order. */
function stagesOf(
  { settings: { leaseMs, retries }, connections, processId, log }: Base,
  { database, publisher }: Stores,
  { sourceOf, parts }: Reading,
): Stage[] {
  const newOwner = ownerNames(processId);
  const earlierViewsDelayMs = retries.earlierViewsMs;
  return [
    claimStage({ database, newOwner, leaseMs, earlierViewsDelayMs }),
    extractStage({
      database,
      sourceOf,
      backfillPlaces: backfillPlacesOf(connections),
      parts,
      missingFilesDelayMs: retries.filesMissingMs,
      earlierViewsDelayMs,
      openTransactionDelayMs: retries.openTransactionMs,
    }),
    checkRowsStage(database),
    commitStage(database),
    publishStage(database, publishing(publisher, log)),
    finishStage(database),
  ];
}

function publishing(publisher: Publisher, log: Log): PublishRun {
  return async (run, signal) => {
    if (run.view.partsOf !== undefined) return passOnlineBy(publisher.database, run.viewId);
    const published = await publishRun({ ...publisher, viewId: run.viewId, run, signal });
    if (published === null) throw new Snooze({ kind: 'publisher', facts: {} }, publisher.leaseMs);
    // A first load has nothing before it that could be left out.
    if (published.number === 1) return;
    await summarizeTimes(publisher.database, run.view, run.counts.inserted, signal).catch((error: unknown) =>
      log.warn('times.not_summarized', { run: run.id, view: run.view.name, message: loggedText(error) }),
    );
  };
}

/** A renewal on a silent connection fails early enough to try another one before the lease ends. */
function leaseSettings(settings: Settings): Settings {
  const silenceMs = Math.min(settings.silenceMs, settings.leaseMs / 6);
  return { ...settings, statePoolMax: LEASE_POOL_MAX, silenceMs };
}

function openState(
  { offline }: Connections,
  settings: Settings,
  clock: Clock,
  limits: { readonly statementMs?: number } = {},
): Database {
  const { renewed } = offline;
  const database = openDatabase({
    url: offline.url,
    ...(renewed === undefined ? {} : { renewedUrl: async () => (await renewed()).url }),
    role: {
      label: `The offline store (${withoutSecrets(offline.url)})`,
      unavailable: 'OFFLINE_UNAVAILABLE',
      denied: 'OFFLINE_DENIED',
      ...(renewed === undefined ? {} : { login: 'OFFLINE_UNAVAILABLE' }),
    },
    poolMax: settings.statePoolMax,
    connectTimeoutMs: settings.connectTimeoutMs,
    idleInTransactionMs: settings.leaseMs,
    applicationName: 'millrace',
    silence: { clock, silenceMs: settings.silenceMs },
    ...limits,
  });
  return explained(database);
}

function spoolOf(projectFolder: string, { spool = DEFAULT_SPOOL }: Connections, clock: Clock): Spool {
  const folder = spool.folder === null ? tmpdir() : resolve(projectFolder, spool.folder);
  return openSpool({ folder, limitBytes: spool.limitMb * 1_048_576, clock });
}

/**
 * A worker has one engine process per run, including those of backfills, and may have one started ahead for the next
 * view. A command that performs one run at a time starts none ahead.
 */
function enginesOf(parallelRuns: number, clock: Clock): EnginePool {
  if (parallelRuns <= 1) return openEnginePool({ clock, processesMax: parallelRuns, ahead: 'none' });
  return openEnginePool({ clock, processesMax: runsMax(parallelRuns) + 1, ahead: 'one' });
}

/** Two per run, including those of backfills, and a few for everything else. */
function statePoolFor(parallelRuns: number): number {
  return Math.max(POOL_MIN, 2 * runsMax(parallelRuns) + 4);
}

function ownerNames(processId: string): () => string {
  let claims = 0;
  return () => {
    claims += 1;
    return ownerOf(processId, claims);
  };
}

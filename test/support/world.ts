// A complete system for a test: empty stores, a source database named `shop`, and the real engine over them.

import { type App, openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Random } from '../../src/core/random.ts';
import type { SpoolConfig } from '../../src/definition/config.ts';
import type { SourceConnection } from '../../src/definition/connections/connections.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { Outcome } from '../../src/run/outcome.ts';
import { performRun } from '../../src/run/perform.ts';
import type { Stage } from '../../src/run/stage.ts';
import type { SettingsChanges } from '../../src/settings.ts';
import { migrate } from '../../src/state/migrate.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS, type Run, type RunOptions } from '../../src/state/runs/run.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { sourceLimits } from './limits.ts';
import { freshRedis, migratedDatabase } from './servers.ts';
import { fingerprinted } from './views.ts';

export type World = AsyncDisposable & {
  readonly app: App;
  /** Runs SQL in the source database, which is also the offline one. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  apply(...views: readonly FeatureView[]): Promise<void>;
  plan(name: string, options?: Partial<RunOptions>): Promise<number[]>;
  perform(runId: number, signal?: AbortSignal): Promise<Outcome<Run>>;
  /** Plans what is due and performs it, one run at a time; returns the outcomes. */
  materialize(name: string, options?: Partial<RunOptions>): Promise<Outcome<Run>[]>;
};

export type WorldOptions = {
  readonly folder?: string;
  readonly settings?: SettingsChanges;
  readonly sources?: Readonly<Record<string, string>>;
  /** For all sources, if not the default. */
  readonly connection?: Partial<Omit<SourceConnection, 'url'>>;
  readonly spool?: SpoolConfig;
  /** An empty database for the source and the offline store, if not from this test run's server. */
  readonly database?: string;
  /** The URL of the online store, if not a Redis of this test. */
  readonly online?: string;
  readonly random?: Random;
  readonly changeStages?: (stages: readonly Stage[]) => readonly Stage[];
};

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const url = options.database ?? (await migratedDatabase());
  const redis = options.online ?? (await freshRedis('online'));
  const limits = sourceLimits({ statementTimeoutMs: 60_000, connectTimeoutMs: 30_000, memoryLimitMb: 256 });
  const connection = { ...limits, ...options.connection };
  const sources = { shop: url, ...options.sources };
  const app = openApp({
    folder: options.folder ?? process.cwd(),
    connections: {
      offline: { url },
      online: { url: redis, prefix: 'mr' },
      queue: { url: await freshRedis('queue'), prefix: 'millrace' },
      sources: Object.fromEntries(Object.entries(sources).map(([name, at]) => [name, { url: at, ...connection }])),
      ...(options.spool === undefined ? {} : { spool: options.spool }),
    },
    log: silentLog,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    ...(options.random === undefined ? {} : { random: options.random }),
    ...(options.changeStages === undefined ? {} : { changeStages: options.changeStages }),
  });
  if (options.database !== undefined) await migrate(app.database);
  const world: World = {
    app,
    sql: (text, values) => app.database.query(text, values),
    apply: async (...views) => void (await deployViewRows(app.database, views.map(fingerprinted))),
    plan: async (name, extra) =>
      planDue(app.database, await requireAppliedView(app.database, name), 'manual', {
        ...DEFAULT_RUN_OPTIONS,
        ...extra,
      }),
    perform: (runId, signal = new AbortController().signal) => performRun(app.engine, runId, signal),
    materialize: async (name, extra) => {
      const outcomes: Outcome<Run>[] = [];
      for (const runId of await world.plan(name, extra)) outcomes.push(await world.perform(runId));
      return outcomes;
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
  return world;
}

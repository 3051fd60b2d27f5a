// Reads features from another program; exported by the package. It has its own composition root, because a reader needs
// neither sources nor queues.

import { type Clock, systemClock } from './core/clock.ts';
import { Failure } from './core/failure.ts';
import { passwordCutOff, withoutSecrets } from './core/url.ts';
import type { FeatureView } from './definition/view.ts';
import type { FeatureRow } from './offline/feature-row.ts';
import { type AsOf, readAsOf } from './offline/read-as-of.ts';
import { type EntityRows, readOnline } from './online/read.ts';
import { type Database, openDatabase } from './postgres/database.ts';
import { requireEntityIds, requirePairs } from './reader-arguments.ts';
import { openRedis } from './redis/connection.ts';
import { requireAppliedView } from './state/views/views.ts';

export type ReaderOptions = {
  /** Postgres: the offline store, which also has the types of the features. */
  readonly offlineUrl: string;
  /** Redis: the online store. */
  readonly onlineUrl: string;
  /** The value of `online.prefix` in millrace.yaml. */
  readonly onlinePrefix?: string;
  /** The longest time for one request to a store. */
  readonly deadlineMs?: number;
};

export interface Reader extends AsyncDisposable {
  /**
   * The newest row of each entity in each view, by entity and view; null if there is none, or it is older than the ttl.
   *
   * @throws Failure ONLINE_UNAVAILABLE, NOT_FOUND, or OFFLINE_UNAVAILABLE the first time that a view is read.
   */
  readOnline(views: readonly string[], entityIds: readonly string[]): Promise<Map<string, EntityRows>>;
  /**
   * For each pair, in order, the newest row at or before its time; null if there is none.
   *
   * @throws Failure OFFLINE_UNAVAILABLE, NOT_FOUND
   */
  readAsOf(view: string, pairs: readonly AsOf[]): Promise<(FeatureRow | null)[]>;
}

const DEADLINE_MS = 5_000;
const POOL_MAX = 4;

/** Opens a reader, which connects on first use. @throws Failure ARGUMENT_INVALID for a URL with an unescaped password. */
export function openReader(options: ReaderOptions): Reader {
  const { offlineUrl, onlineUrl, onlinePrefix = 'mr', deadlineMs = DEADLINE_MS } = options;
  for (const url of [offlineUrl, onlineUrl]) requireWhole(url);
  const resources = new AsyncDisposableStack();
  const clock = systemClock;
  const database = resources.use(
    openDatabase({
      url: offlineUrl,
      role: {
        label: `The offline store (${withoutSecrets(offlineUrl)})`,
        unavailable: 'OFFLINE_UNAVAILABLE',
        denied: 'OFFLINE_DENIED',
      },
      poolMax: POOL_MAX,
      connectTimeoutMs: deadlineMs,
      idleInTransactionMs: deadlineMs,
      applicationName: 'millrace-reader',
      silence: { clock, silenceMs: deadlineMs },
    }),
  );
  const redis = resources.use(openRedis({ url: onlineUrl, clock, deadlineMs, connectionName: 'millrace-reader' }));
  const viewOf = appliedViewsOf(database, clock);
  return {
    readOnline: async (views, entityIds) =>
      readOnline({ redis, prefix: onlinePrefix }, await Promise.all(views.map(viewOf)), requireEntityIds(entityIds)),
    readAsOf: async (view, pairs) => readAsOf(database, await viewOf(view), requirePairs(pairs)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function requireWhole(url: string): void {
  const cut = passwordCutOff(url);
  if (cut !== null) throw new Failure('ARGUMENT_INVALID', `The URL ${withoutSecrets(url)} cannot be parsed: ${cut}.`);
}

/** How long the definition of a view is cached. */
const REMEMBERED_MS = 60_000;

/** The deployed views by name, cached for a while, and for as long as Postgres is unavailable. */
function appliedViewsOf(database: Database, clock: Clock): (name: string) => Promise<FeatureView> {
  const known = new Map<string, { view: FeatureView; readMs: number }>();
  return async (name) => {
    const before = known.get(name);
    const now = clock.monotonicMs();
    if (before !== undefined && now - before.readMs < REMEMBERED_MS) return before.view;
    const reading = requireAppliedView(database, name).then(({ view }) => view);
    const view = before === undefined ? await reading : await reading.catch(() => before.view);
    known.set(name, { view, readMs: now });
    return view;
  };
}

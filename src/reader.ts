// Reads features from another program; exported by the package. It has its own composition root, because a reader needs
// neither sources nor queues.

import { type Clock, systemClock } from './core/clock.ts';
import { Failure } from './core/failure.ts';
import { passwordCutOff, withoutSecrets } from './core/url.ts';
import { orAborted } from './core/within.ts';
import { redisUrl } from './definition/connections/redis-url.ts';
import type { EntityKey } from './definition/entity.ts';
import type { FeatureView } from './definition/view.ts';
import { asFeatureValue, type EntityRows, type FeatureRow } from './offline/feature-row.ts';
import { readViewsAsOf } from './offline/read-as-of.ts';
import { rereadIfRenamed } from './offline/renamed-columns.ts';
import { isStorable } from './offline/storable.ts';
import { isAlive, readRows, rereadIfRetyped } from './online/read.ts';
import { type Database, openDatabase } from './postgres/database.ts';
import {
  idsIn,
  requireId,
  requireKeys,
  requireMilliseconds,
  requireName,
  requireNames,
  requireOptions,
  requirePair,
  requirePairs,
  requireStream,
  signalOf,
} from './reader-arguments.ts';
import { inGroups, untilAborted } from './reader-groups.ts';
import type {
  AnyFeatures,
  CallOptions,
  EntityAt,
  KeyOf,
  OneEntity,
  RowOf,
  RowsOf,
  TrainingRow,
  TrainingSetOptions,
  TrainingView,
  ViewName,
} from './reader-types.ts';
import { keptViews } from './reader-views.ts';
import { openRedis } from './redis/connection.ts';
import { explained } from './state/explained.ts';
import { shownAt } from './state/views/complete.ts';
import { sameColumns } from './state/views/value-feature.ts';
import { requireAppliedView } from './state/views/views.ts';
import { trainingRows, type UntypedOptions, type UntypedRow } from './training-rows.ts';

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

/** Reads the views of `Catalog`, which `millrace types` writes; by default any view, with values of any type. */
export interface Reader<Catalog = AnyFeatures> extends AsyncDisposable {
  /**
   * The newest row of each entity in each view, by entity and view; null if there is none, or it is older than the ttl.
   * The keys of the result are the given ids, or the given objects with components.
   *
   * @throws Failure ONLINE_UNAVAILABLE, NOT_FOUND, or OFFLINE_UNAVAILABLE the first time that a view is read.
   */
  readOnline<View extends ViewName<Catalog>>(
    views: readonly View[] & OneEntity<Catalog, View>,
    entityIds: readonly KeyOf<Catalog, View>[],
    options?: CallOptions,
  ): Promise<Map<KeyOf<Catalog, View>, RowsOf<Catalog, View>>>;
  /**
   * For each pair, in order, the newest row at or before its time; null if there is none.
   *
   * @throws Failure OFFLINE_UNAVAILABLE, NOT_FOUND, ARGUMENT_INVALID
   */
  readAsOf<View extends ViewName<Catalog>>(
    view: View,
    pairs: readonly EntityAt<KeyOf<Catalog, View>>[],
    options?: CallOptions,
  ): Promise<(RowOf<Catalog, View> | null)[]>;
  readAsOf<View extends ViewName<Catalog>>(
    views: readonly View[] & OneEntity<Catalog, View>,
    pairs: readonly EntityAt<KeyOf<Catalog, View>>[],
    options?: CallOptions,
  ): Promise<RowsOf<Catalog, View>[]>;
  /** Like `readAsOf` for several views, with pairs read on demand: any number of them takes the same memory. */
  streamAsOf<View extends ViewName<Catalog>>(
    views: readonly View[] & OneEntity<Catalog, View>,
    pairs: Iterable<EntityAt<KeyOf<Catalog, View>>> | AsyncIterable<EntityAt<KeyOf<Catalog, View>>>,
    options?: CallOptions,
  ): AsyncGenerator<RowsOf<Catalog, View>>;
  /**
   * For each label, in order, the rows that serving could have known at its time, as in `millrace dataset build`.
   *
   * @throws Failure OFFLINE_UNAVAILABLE, NOT_FOUND, ARGUMENT_INVALID, or CHECK_FAILED for a hole in coverage
   */
  trainingSet<Label extends EntityAt, const Asked extends ViewName<Catalog> | TrainingView<Catalog>>(
    options: TrainingSetOptions<Label, Asked, Catalog>,
  ): AsyncGenerator<TrainingRow<Catalog, Label, Asked>>;
}

const DEADLINE_MS = 5_000;
const POOL_MAX = 4;
const PAIRS_PER_READ = 2_000;
/** While the rows of one query are parsed, Postgres performs the next. */
const PARALLEL_QUERIES = 2;

/** Opens a reader, which connects on first use. @throws Failure ARGUMENT_INVALID, also for a URL that cannot be parsed */
export function openReader<Catalog = AnyFeatures>(options: ReaderOptions): Reader<Catalog> {
  requireReaderOptions(options);
  const { offlineUrl, onlineUrl, onlinePrefix = 'mr', deadlineMs = DEADLINE_MS } = options;
  for (const url of [offlineUrl, onlineUrl]) requireWhole(url);
  const resources = new AsyncDisposableStack();
  const clock = systemClock;
  const database = resources.use(offlineDatabase(offlineUrl, deadlineMs, clock));
  const redis = resources.use(
    openRedis({ url: redisUrl(onlineUrl), clock, deadlineMs, connectionName: 'millrace-reader' }),
  );
  const { viewOf, doubtedViewOf, forget } = keptViews(
    async (name) => (await requireAppliedView(database, name)).view,
    clock,
  );
  async function asOf(names: readonly string[], pairs: readonly EntityAt[], signal?: AbortSignal) {
    requireNames('views', names);
    const asked = requirePairs(pairs);
    const work = () =>
      rereadIfRenamed(
        () => asOfOnce(names, asked, signal),
        async () => forget(names),
      );
    return orAborted(work, signal);
  }
  async function asOfOnce(names: readonly string[], asked: ReturnType<typeof requirePairs>, signal?: AbortSignal) {
    const views = await Promise.all(names.map(viewOf));
    const found = await readViewsAsOf(
      database,
      views.map((view) => ({
        view,
        shown: shownAt(view),
        sameColumns: sameColumns(view),
        entityIds: idsIn(view, asked),
      })),
      asked.map(({ at }) => at),
      { read: asFeatureValue, parallelQueries: PARALLEL_QUERIES },
      signal,
    );
    return asked.map((_, index) =>
      Object.fromEntries(names.map((name, place) => [name, found[place]?.[index] ?? null])),
    );
  }
  async function online(names: readonly string[], entityIds: readonly EntityKey[], signal?: AbortSignal) {
    const keys = requireKeys(entityIds);
    return rereadIfRetyped(
      async () => onlineOnce(await Promise.all(names.map(viewOf)), keys, signal),
      async () => onlineOnce(await Promise.all(names.map(doubtedViewOf)), keys, signal),
    );
  }
  async function onlineOnce(views: readonly FeatureView[], keys: readonly EntityKey[], signal?: AbortSignal) {
    const store = { redis, prefix: onlinePrefix };
    const asked = keys.flatMap((key, index) =>
      views.map((view) => ({ view, entityId: requireId(view, `entityIds[${index}]`, key) })),
    );
    const { now, rows } = await readRows(store, asked, asFeatureValue, signal === undefined ? {} : { signal });
    return rowsByKey(keys, views, (index) => {
      const [row = null, one] = [rows[index], asked[index]];
      if (row === null || one === undefined || !isStorable(one.entityId)) return null;
      return isAlive(one.view, row, now) ? row : null;
    });
  }
  const reader: UntypedReader = {
    async readOnline(names, entityIds, options) {
      const signal = signalOf(options);
      requireNames('views', names);
      return orAborted(() => online(names, entityIds, signal), signal);
    },
    async readAsOf(names, pairs, options) {
      const signal = signalOf(options);
      if (typeof names !== 'string') return asOf(names, pairs, signal);
      return (await asOf([names], pairs, signal)).map((rows) => rows[names] ?? null);
    },
    async *streamAsOf(names, pairs, options) {
      const signal = signalOf(options);
      requireStream('pairs', pairs);
      const groups = inGroups(checked(pairs), { max: PAIRS_PER_READ, clock, signal });
      for await (const some of groups) yield* untilAborted(await asOf(names, some, signal), signal);
    },
    trainingSet: (asked) => trainingRows({ database, clock }, asked),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
  return reader as unknown as Reader<Catalog>; // the compiler alone knows the views and types of the catalog
}

type Rows = Readonly<Record<string, FeatureRow | null>>;

/** A reader without types, as it runs. */
type UntypedReader = AsyncDisposable & {
  readOnline(
    views: readonly string[],
    keys: readonly EntityKey[],
    options?: CallOptions,
  ): Promise<Map<EntityKey, EntityRows>>;
  readAsOf(
    views: string | readonly string[],
    pairs: readonly EntityAt[],
    options?: CallOptions,
  ): Promise<(FeatureRow | null)[] | Rows[]>;
  streamAsOf(
    views: readonly string[],
    pairs: Iterable<EntityAt> | AsyncIterable<EntityAt>,
    options?: CallOptions,
  ): AsyncGenerator<Rows>;
  trainingSet(options: UntypedOptions): AsyncGenerator<UntypedRow>;
};

/** The rows of each key by view, from rows in the order of keys and views. */
function rowsByKey(
  keys: readonly EntityKey[],
  views: readonly FeatureView[],
  rowAt: (index: number) => FeatureRow | null,
): Map<EntityKey, EntityRows> {
  const named = (key: number) => views.map(({ name }, view) => [name, rowAt(key * views.length + view)] as const);
  return new Map(keys.map((key, index) => [key, Object.fromEntries(named(index))]));
}

async function* checked(pairs: Iterable<EntityAt> | AsyncIterable<EntityAt>): AsyncGenerator<EntityAt> {
  let index = 0;
  for await (const pair of pairs) {
    requirePair(pair, index);
    index += 1;
    yield pair;
  }
}

function offlineDatabase(url: string, deadlineMs: number, clock: Clock): Database {
  const database = openDatabase({
    url,
    role: {
      label: `The offline store (${withoutSecrets(url)})`,
      unavailable: 'OFFLINE_UNAVAILABLE',
      denied: 'OFFLINE_DENIED',
    },
    poolMax: POOL_MAX,
    connectTimeoutMs: deadlineMs,
    idleInTransactionMs: deadlineMs,
    applicationName: 'millrace-reader',
    silence: { clock, silenceMs: deadlineMs },
  });
  return explained(database);
}

/** @throws Failure ARGUMENT_INVALID for options that programs in JavaScript misspell, or whose environment variable is not set. */
function requireReaderOptions(options: ReaderOptions): void {
  requireOptions('The argument of openReader', options, ['offlineUrl', 'onlineUrl', 'onlinePrefix', 'deadlineMs']);
  const { offlineUrl, onlineUrl, onlinePrefix, deadlineMs } = options;
  requireName('offlineUrl', offlineUrl);
  requireName('onlineUrl', onlineUrl);
  if (onlinePrefix !== undefined) requireName('onlinePrefix', onlinePrefix);
  if (deadlineMs !== undefined) requireMilliseconds('deadlineMs', deadlineMs);
}

function requireWhole(url: string): void {
  const cut = passwordCutOff(url);
  if (cut !== null) throw new Failure('ARGUMENT_INVALID', `The URL ${withoutSecrets(url)} cannot be parsed: ${cut}.`);
}

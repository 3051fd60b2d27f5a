// Comparing the online store with the offline one, both ways, without changing either.
//
// Both keep changing during the comparison, so differences are checked again before they are reported.

import type { FeatureView } from '../definition/view.ts';
import {
  beginSnapshot,
  ENTITY_COLUMN,
  endSnapshot,
  entitiesWithoutRows,
  type NewestQuery,
  newestColumns,
  newestOfEntities,
  newestSlice,
  randomEntities,
  withoutRows,
} from '../offline/newest.ts';
import { rereadIfRenamed } from '../offline/renamed-columns.ts';
import { isStorable } from '../offline/storable.ts';
import type { CopyLines } from '../postgres/copy-lines.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { RowBatch } from '../rows/batch.ts';
import { lastPublishNumber } from '../state/publishing/publishing.ts';
import { shownNow } from '../state/views/complete.ts';
import { sameColumns } from '../state/views/value-feature.ts';
import { requireAppliedView } from '../state/views/views.ts';
import { compareBatch, type Difference } from './compare.ts';
import { publishNumberMax } from './layout.ts';
import { onlineEntities } from './scan.ts';
import type { OnlineStore } from './store.ts';

export type VerifyOptions = {
  readonly database: Database;
  readonly online: OnlineStore;
  readonly view: FeatureView;
  readonly signal: AbortSignal;
  /** How many entities of each store to compare, picked by chance; without it all. */
  readonly sample?: number;
  /** How many differences are named; all are counted. */
  readonly namedMax?: number;
};

export type Verification = {
  /** Entities of the offline store that were looked up online. */
  readonly comparedOffline: number;
  /** Keys of the online store that were looked up offline. */
  readonly comparedOnline: number;
  readonly total: number;
  readonly differences: readonly Difference[];
};

const ENTITIES_PER_SLICE = 50_000;
const ENTITIES_PER_LOOKUP = 500;
const NAMED_MAX = 100;
/** Short: an edit may wait for the first look at differences, and the second look for the edit: only the end of the first one resolves that. */
const IDLE_LIMIT = '30s';

/**
 * Compares the stores. A publish debt shows as differences: publish it first, or report it with the result. If an edit renames a
 * column meanwhile, the comparison begins again with the deployed definition.
 *
 * @throws Failure ONLINE_UNAVAILABLE, OFFLINE_UNAVAILABLE
 */
export async function verifyView(options: VerifyOptions): Promise<Verification> {
  let { view } = options;
  return rereadIfRenamed(
    () => verifyOnce({ ...options, view }),
    async () => {
      ({ view } = await requireAppliedView(options.database, view.name));
    },
  );
}

async function verifyOnce(options: VerifyOptions): Promise<Verification> {
  const differences: Difference[] = [];
  const tally = { comparedOffline: 0, comparedOnline: 0, total: 0, differences };
  const note = (found: readonly Difference[]) => {
    tally.total += found.length;
    tally.differences.push(...found.slice(0, (options.namedMax ?? NAMED_MAX) - tally.differences.length));
  };
  const batches = options.sample === undefined ? offlineSlices(options) : offlineSample(options, options.sample);
  for await (const { batch, differences } of batches) {
    tally.comparedOffline += batch.rows;
    note(await stillDiffering(options, differences));
  }
  for await (const entityIds of onlineEntities(options.online, options.view.name, options.signal)) {
    tally.comparedOnline += entityIds.length;
    note(await extras(options, entityIds));
    if (options.sample !== undefined && tally.comparedOnline >= options.sample) break;
  }
  return tally;
}

type Compared = { readonly batch: RowBatch; readonly differences: readonly Difference[] };

async function* offlineSlices(options: VerifyOptions): AsyncGenerator<Compared> {
  let before: string | null = null;
  for (let entities = ENTITIES_PER_SLICE; entities === ENTITIES_PER_SLICE; ) {
    entities = 0;
    const from: string | null = before;
    for await (const compared of comparedRows(options, (query) => newestSlice(query, from, ENTITIES_PER_SLICE))) {
      entities += compared.batch.rows;
      before = compared.batch.columns[ENTITY_COLUMN]?.at(-1) ?? before;
      yield compared;
    }
  }
}

async function* offlineSample(options: VerifyOptions, sample: number): AsyncGenerator<Compared> {
  const entityIds = await randomEntities(options.database, options.view, sample);
  for (let from = 0; from < entityIds.length; from += ENTITIES_PER_LOOKUP) {
    const some = entityIds.slice(from, from + ENTITIES_PER_LOOKUP);
    yield* comparedRows(options, (query) => newestOfEntities(query, some));
  }
}

/** Compares one snapshot's rows with the online store. */
async function* comparedRows(
  { database, online, view, signal }: VerifyOptions,
  read: (query: NewestQuery) => AsyncIterable<CopyLines>,
): AsyncGenerator<Compared> {
  await using reserved = await database.reserve(signal);
  const { session } = reserved;
  const now = await beginSnapshot(session, view, { sameColumns: sameColumns(view), idleLimit: IDLE_LIMIT });
  const comparing = { online, view, numberMax: await numberMax(session, view) };
  const query = { session, view, now, batchRows: ENTITIES_PER_LOOKUP, shown: shownNow(view) };
  for await (const lines of read(query)) {
    const batch = newestColumns(view, lines);
    yield { batch, differences: await compareBatch(comparing, batch, signal) };
  }
  await endSnapshot(session);
}

async function stillDiffering(options: VerifyOptions, found: readonly Difference[]): Promise<readonly Difference[]> {
  if (found.length === 0) return [];
  const differing: Difference[] = [];
  const entityIds = found.map((difference) => difference.entityId);
  for await (const { differences } of comparedRows(options, (query) => newestOfEntities(query, entityIds))) {
    differing.push(...differences);
  }
  return differing;
}

/** The rows of entities that offline does not have. */
async function extras(options: VerifyOptions, entityIds: readonly string[]): Promise<readonly Difference[]> {
  const unknown = await entitiesWithoutRows(options.database, options.view, entityIds, shownNow(options.view));
  const found = unknown
    .filter(isStorable)
    .map((entityId): Difference => ({ entityId, kind: 'extra', features: [], offlineTime: null, onlineTime: null }));
  const others = withoutRows(
    options.view,
    unknown.filter((entityId) => !isStorable(entityId)),
  );
  return [
    ...(await stillDiffering(options, found)),
    ...(await compareBatch(
      { ...options, numberMax: await numberMax(options.database, options.view) },
      newestColumns(options.view, others),
      options.signal,
    )),
  ];
}

/**
 * The limit of the view's next publish, so that what is readable here is also readable to the publish that repairs it.
 */
async function numberMax(database: Database | Session, view: FeatureView): Promise<number> {
  return publishNumberMax((await lastPublishNumber(database, view.name)) + 1);
}

// How one row online differs from its row offline.

import type { FeatureView } from '../definition/view.ts';
import { ENTITY_COLUMN, EXPIRY_COLUMN, FIRST_FEATURE_COLUMN, GONE, TIME_COLUMN } from '../offline/newest.ts';
import type { RowBatch } from '../rows/batch.ts';
import { type HashReply, type KeyRequest, OtherType, readHashes } from './hashes.ts';
import { entityKey, hashOfReply, isPublishNumber, isTime, NUMBER_FIELD, TIME_FIELD } from './layout.ts';
import type { OnlineStore } from './store.ts';

/**
 * missing: offline has it alone · extra: online has it alone · older, newer: online has another event time ·
 * different: the same event time, other values · expiry: the row would stay forever, or expire too early ·
 * unreadable: its key contains neither a row nor a tombstone
 */
export type DifferenceKind = 'missing' | 'extra' | 'older' | 'newer' | 'different' | 'expiry' | 'unreadable';

/** Named without values: they may be secret. */
export type Difference = {
  readonly entityId: string;
  readonly kind: DifferenceKind;
  /** The fields whose values differ, also such as the view does not have. */
  readonly features: readonly string[];
  /** Microseconds since 1970; null where there is no row. */
  readonly offlineTime: number | null;
  readonly onlineTime: number | null;
  /** Of an unreadable one: its key, and what is wrong with it. */
  readonly key?: string;
  readonly why?: string;
};

export type Comparing = {
  readonly online: OnlineStore;
  readonly view: FeatureView;
  /** The greatest publish number that the next publish of the view would accept in a key. */
  readonly numberMax: number;
};

/** What differs online from a batch of newest rows. @throws Failure ONLINE_UNAVAILABLE */
export async function compareBatch(
  { online: { redis, prefix }, view, numberMax }: Comparing,
  batch: RowBatch,
  signal: AbortSignal,
): Promise<Difference[]> {
  const keys = (batch.columns[ENTITY_COLUMN] ?? []).map((entity) => entityKey(prefix, view.name, entity ?? ''));
  const asked = keys.map(
    (key): KeyRequest => ({
      key,
      commands: [
        ['HGETALL', key],
        ['PTTL', key],
      ],
    }),
  );
  const replies = await readHashes(redis, asked, signal);
  const found: Difference[] = [];
  for (let row = 0; row < batch.rows; row += 1) {
    const reply = replies[row] ?? [];
    const why = whyUnreadable(reply, numberMax);
    const difference =
      reply instanceof OtherType || why !== null
        ? { ...unreadable(batch, row), key: keys[row] ?? '', why: why ?? '' }
        : compareRow(view, batch, row, hashOfReply(reply[0]), Number(reply[1]));
    if (difference !== null) found.push(difference);
  }
  return found;
}

/** Why the guard would not accept the hash; null if it would. */
function whyUnreadable(reply: HashReply, numberMax: number): string | null {
  if (reply instanceof OtherType) return `its key holds a ${reply.type} instead of a hash`;
  const hash = hashOfReply(reply[0]);
  if (hash.size === 0) return null;
  const [number, time] = [hash.get(NUMBER_FIELD), hash.get(TIME_FIELD)];
  if (number === undefined) return `it has no ${NUMBER_FIELD}`;
  if (!isPublishNumber(number, numberMax)) return `its ${NUMBER_FIELD} is not a publish number`;
  return time === undefined || isTime(time) ? null : `its ${TIME_FIELD} is not an event time`;
}

function unreadable(batch: RowBatch, row: number): Difference {
  const entityId = batch.columns[ENTITY_COLUMN]?.[row] ?? '';
  const offlineTime = numberOf(batch.columns[TIME_COLUMN]?.[row]);
  return { entityId, kind: 'unreadable', features: [], offlineTime, onlineTime: null };
}

function compareRow(
  view: FeatureView,
  batch: RowBatch,
  row: number,
  hash: ReadonlyMap<string, string>,
  leftMs: number,
): Difference | null {
  const offlineTime = numberOf(batch.columns[TIME_COLUMN]?.[row]);
  const onlineTime = numberOf(hash.get(TIME_FIELD));
  const isGone = batch.columns[EXPIRY_COLUMN]?.[row] === GONE;
  const features = differingFields(view, batch, row, hash);
  const kind = isGone
    ? goneKind(offlineTime, onlineTime, leftMs)
    : presentKind(view, offlineTime ?? 0, onlineTime, features, leftMs);
  if (kind === null) return null;
  const entityId = batch.columns[ENTITY_COLUMN]?.[row] ?? '';
  return { entityId, kind, features: kind === 'different' ? features : [], offlineTime, onlineTime };
}

/** Past its ttl a row may stay until Redis drops it: readers do not see it. */
function goneKind(offlineTime: number | null, onlineTime: number | null, leftMs: number): DifferenceKind | null {
  if (onlineTime === null) return null;
  if (offlineTime === null) return 'extra';
  if (onlineTime > offlineTime) return 'newer';
  return leftMs < 0 ? 'expiry' : null;
}

function presentKind(
  view: FeatureView,
  offlineTime: number,
  onlineTime: number | null,
  features: readonly string[],
  leftMs: number,
): DifferenceKind | null {
  if (onlineTime === null) return 'missing';
  if (onlineTime !== offlineTime) return onlineTime < offlineTime ? 'older' : 'newer';
  if (features.length > 0) return 'different';
  return leftMs < 0 === (view.ttlMs === null) ? null : 'expiry';
}

function differingFields(view: FeatureView, batch: RowBatch, row: number, hash: ReadonlyMap<string, string>): string[] {
  const wanted = new Map<string, string | null>();
  view.features.forEach(({ name }, index) => {
    wanted.set(name, batch.columns[FIRST_FEATURE_COLUMN + index]?.[row] ?? null);
  });
  const others = [...hash.keys()].filter((name) => name !== TIME_FIELD && name !== NUMBER_FIELD && !wanted.has(name));
  const differing = [...wanted].filter(([name, value]) => (hash.get(name) ?? null) !== value).map(([name]) => name);
  return [...differing, ...others];
}

function numberOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

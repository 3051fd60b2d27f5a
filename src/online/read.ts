// Reading the online store: what a model gets at prediction time.

import { Failure } from '../core/failure.ts';
import type { EpochMs } from '../core/instant.ts';
import type { FeatureView } from '../definition/view.ts';
import { asFeatureValue, type EntityRows, type FeatureRow, type ReadValue } from '../offline/feature-row.ts';
import type { Redis } from '../redis/connection.ts';
import { timeOf } from '../redis/server-facts.ts';
import { type HashReply, type KeyRequest, OtherType, readHashes } from './hashes.ts';
import { entityKey, TIME_FIELD } from './layout.ts';
import { rowOfReply } from './row-of-reply.ts';

export type ReadOnlineOptions = {
  /** The moment at which ttl is judged; without it the server's clock. */
  readonly now?: EpochMs;
  readonly signal?: AbortSignal;
};

const KEYS_PER_EXCHANGE = 500;

/**
 * The rows of entities in views, by entity. A row whose event time lies `ttl` or more before now is not there, whether or
 * not Redis has dropped it already.
 *
 * @throws Failure ONLINE_UNAVAILABLE, or ONLINE_DAMAGED where a key cannot be read as a row
 */
export async function readOnline(
  store: { readonly redis: Redis; readonly prefix: string },
  views: readonly FeatureView[],
  entityIds: readonly string[],
  options: ReadOnlineOptions = {},
): Promise<Map<string, EntityRows>> {
  const asked = entityIds.flatMap((entityId) => views.map((view) => ({ view, entityId })));
  const { now, rows } = await readRows(store, asked, asFeatureValue, options);
  const found = new Map<string, EntityRows>();
  entityIds.forEach((id, entity) => {
    const named = views.map((view, index) => {
      const row = rows[entity * views.length + index] ?? null;
      return [view.name, row !== null && isAlive(view, row, now) ? row : null] as const;
    });
    found.set(id, Object.fromEntries(named));
  });
  return found;
}

/** An entity in a view. */
export type AskedRow = { readonly view: FeatureView; readonly entityId: string };

/**
 * The stored rows, in the order of `asked`, including those past their ttl; null where there is none. `now` is the moment
 * at which ttl is judged. @throws as readOnline
 */
export async function readRows<Value>(
  store: { readonly redis: Redis; readonly prefix: string },
  asked: readonly AskedRow[],
  read: ReadValue<Value>,
  options: ReadOnlineOptions = {},
): Promise<{ readonly now: EpochMs; readonly rows: (FeatureRow<Value> | null)[] }> {
  const requests = asked.map(({ view, entityId }) => rowOf(store.prefix, view, entityId));
  const clock = options.now === undefined ? [SERVER_TIME] : [];
  const all = await exchanged(store.redis, [...clock, ...requests], options.signal);
  const replies = all.slice(clock.length);
  const rows = asked.map(({ view }, place) => rowOfReply(view, requests[place]?.key ?? '', replies[place] ?? [], read));
  return { now: options.now ?? timeOfReply(all[0]), rows };
}

/**
 * Does work that reads rows by a definition that may be old. If a row is not of the types of its view, an edit of them may have been
 * deployed since the definition was read: the result is that of `again`, which reads by the newest definition.
 */
export async function rereadIfRetyped<T>(work: () => Promise<T>, again: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure && error.code === 'ONLINE_DAMAGED') return again();
    throw error;
  }
}

function rowOf(prefix: string, view: FeatureView, entityId: string): KeyRequest {
  const key = entityKey(prefix, view.name, entityId);
  return { key, commands: [['HMGET', key, TIME_FIELD, ...view.features.map((one) => one.name)]] };
}

/** Whether a row is within its ttl; the end is excluded. */
export function isAlive({ ttlMs }: FeatureView, { eventTime }: Pick<FeatureRow, 'eventTime'>, now: EpochMs): boolean {
  return ttlMs === null || eventTime + ttlMs * 1_000 > now * 1_000;
}

/** Travels with the rows, instead of before them. No key has this name. */
const SERVER_TIME: KeyRequest = { key: '', commands: [['TIME']] };

function timeOfReply(reply: HashReply | undefined): EpochMs {
  return timeOf(reply instanceof OtherType ? undefined : reply?.[0]);
}

async function exchanged(redis: Redis, asked: readonly KeyRequest[], signal?: AbortSignal): Promise<HashReply[]> {
  const replies: HashReply[] = [];
  for (let from = 0; from < asked.length; from += KEYS_PER_EXCHANGE) {
    replies.push(...(await readHashes(redis, asked.slice(from, from + KEYS_PER_EXCHANGE), signal)));
  }
  return replies;
}

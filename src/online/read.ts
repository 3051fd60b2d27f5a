// Reading the online store: what a model gets at prediction time.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import type { FeatureView } from '../definition/view.ts';
import { type FeatureRow, rowOfTexts } from '../offline/value-text.ts';
import type { Redis, RedisCommand, RedisReply } from '../redis/connection.ts';
import { timeOf } from '../redis/server-facts.ts';
import { entityKey, TIME_FIELD } from './layout.ts';

/** A view's row of an entity, by the view's name; null where there is none, or none within its ttl. */
export type EntityRows = Readonly<Record<string, FeatureRow | null>>;

export type ReadOnlineOptions = {
  /** The moment at which ttl is judged; without it the server's clock. */
  readonly now?: EpochMs;
  readonly signal?: AbortSignal;
};

const COMMANDS_PER_EXCHANGE = 500;

/**
 * The rows of entities in views, by entity. A row whose event time lies `ttl` or more before now is not there, whether or
 * not Redis has dropped it already.
 *
 * @throws Failure ONLINE_UNAVAILABLE
 */
export async function readOnline(
  store: { readonly redis: Redis; readonly prefix: string },
  views: readonly FeatureView[],
  entityIds: readonly string[],
  options: ReadOnlineOptions = {},
): Promise<Map<string, EntityRows>> {
  const commands = entityIds.flatMap((id) => views.map((view) => rowCommand(store.prefix, view, id)));
  const now = options.now ?? (await serverTime(store.redis, options.signal));
  const replies = await exchanged(store.redis, commands, options.signal);
  const found = new Map<string, EntityRows>();
  entityIds.forEach((id, entity) => {
    const rows = views.map((view, index) => {
      const row = rowOfReply(view, replies[entity * views.length + index]);
      return [view.name, row !== null && isAlive(view, row, now) ? row : null] as const;
    });
    found.set(id, Object.fromEntries(rows));
  });
  return found;
}

function rowCommand(prefix: string, view: FeatureView, entityId: string): RedisCommand {
  return ['HMGET', entityKey(prefix, view.name, entityId), TIME_FIELD, ...view.features.map((one) => one.name)];
}

function rowOfReply(view: FeatureView, reply: RedisReply | undefined): FeatureRow | null {
  const [micros, ...texts] = (reply ?? []) as (string | null)[]; // what HMGET replies
  return rowOfTexts(view.features, micros, texts);
}

/** Whether a row is within its ttl; the end is excluded. */
export function isAlive({ ttlMs }: FeatureView, { eventTime }: FeatureRow, now: EpochMs): boolean {
  return ttlMs === null || eventTime + ttlMs * 1_000 > now * 1_000;
}

async function serverTime(redis: Redis, signal?: AbortSignal): Promise<EpochMs> {
  const [time] = await redis.send([['TIME']], signal);
  return epochMsOf(timeOf(time));
}

async function exchanged(redis: Redis, commands: readonly RedisCommand[], signal?: AbortSignal): Promise<RedisReply[]> {
  const replies: RedisReply[] = [];
  for (let from = 0; from < commands.length; from += COMMANDS_PER_EXCHANGE) {
    replies.push(...(await redis.send(commands.slice(from, from + COMMANDS_PER_EXCHANGE), signal)));
  }
  return replies;
}

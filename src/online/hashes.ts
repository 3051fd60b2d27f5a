// Reading the keys of rows, some of which another program may have overwritten with another type.

import { Failure } from '../core/failure.ts';
import type { Redis, RedisCommand } from '../redis/connection.ts';
import { WRONG_TYPE } from '../redis/failure.ts';
import type { RedisReply } from '../redis/replies.ts';

/** What stands for the replies of a key that is no hash. */
export class OtherType {
  /** As Redis names it: string, list, set, zset, stream. */
  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }
}

/** The replies to the commands about one key, or what its key is instead. */
export type HashReply = readonly RedisReply[] | OtherType;

/** A key, and what is asked of it. */
export type KeyRequest = { readonly key: string; readonly commands: readonly RedisCommand[] };

/**
 * The replies about keys, in order, which travel together. A key of another type than a hash costs two exchanges more, and
 * does not keep the others from being read.
 *
 * @throws Failure ONLINE_UNAVAILABLE
 */
export async function readHashes(
  redis: Redis,
  asked: readonly KeyRequest[],
  signal?: AbortSignal,
): Promise<HashReply[]> {
  try {
    return await repliesOf(redis, asked, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.facts[WRONG_TYPE] !== true) throw error;
  }
  const typeCommands = asked.map(({ key }) => ['TYPE', key] as const);
  const types = await redis.send(typeCommands, signal);
  const isHash = (_: unknown, index: number) => types[index] === 'hash' || types[index] === 'none';
  const replies = await repliesOf(redis, asked.filter(isHash), signal);
  return asked.map((one, index) =>
    isHash(one, index) ? (replies.shift() ?? []) : new OtherType(String(types[index])),
  );
}

async function repliesOf(redis: Redis, asked: readonly KeyRequest[], signal?: AbortSignal): Promise<RedisReply[][]> {
  const commands = asked.flatMap((one) => one.commands);
  if (commands.length === 0) return [];
  const replies = await redis.send(commands, signal);
  let from = 0;
  return asked.map((one) => {
    from += one.commands.length;
    return replies.slice(from - one.commands.length, from);
  });
}

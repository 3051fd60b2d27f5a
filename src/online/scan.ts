// Walking over the keys of a view.

import { scanOf } from '../redis/reply.ts';
import { entityOfKey, entityPattern } from './layout.ts';
import type { OnlineStore } from './store.ts';

const KEYS_PER_SCAN = 1_000;

/**
 * The entities that have a key, some at a time: every one whose key is there all the while, and perhaps some twice.
 *
 * @throws Failure ONLINE_UNAVAILABLE
 */
export async function* onlineEntities(
  { redis, prefix }: OnlineStore,
  view: string,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  const pattern = entityPattern(prefix, view);
  let cursor = '0';
  do {
    const scan = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', String(KEYS_PER_SCAN)] as const;
    const [reply] = await redis.send([scan], signal);
    const { cursor: next, keys } = scanOf(reply);
    if (keys.length > 0) yield keys.map((key) => entityOfKey(prefix, view, key));
    cursor = next;
  } while (cursor !== '0');
}

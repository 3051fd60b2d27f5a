// Finds the keys of a view with SCAN, which does not block the server.

import { entityOfKey, keyPattern, scanPattern } from '../../definition/key-pattern.ts';
import type { Redis } from '../../redis/connection.ts';
import { scanOf } from '../../redis/reply.ts';

export type FoundKey = { readonly key: string; readonly entity: string };

/** How many keys of the server one SCAN looks at. */
const SCAN_COUNT = 1_000;
/** How many keys are read in one exchange. */
const EXCHANGE_KEYS = 500;

/**
 * The keys in batches. SCAN may return a key several times: in one batch it is there once, and rows of one entity and time
 * are stored once.
 */
export async function* keyBatches(
  redis: Redis,
  keys: string,
  batchRows: number,
  signal: AbortSignal,
): AsyncGenerator<readonly FoundKey[]> {
  const pattern = keyPattern(keys);
  const size = Math.min(batchRows, EXCHANGE_KEYS);
  const match = scanPattern(pattern);
  let found = new Map<string, FoundKey>();
  let cursor = '0';
  do {
    const [reply] = await redis.send([['SCAN', cursor, 'MATCH', match, 'COUNT', String(SCAN_COUNT)]], signal);
    const scan = scanOf(reply);
    cursor = scan.cursor;
    for (const key of scan.keys) {
      const entity = entityOfKey(pattern, key);
      if (entity !== null) found.set(key, { key, entity });
      if (found.size < size) continue;
      yield [...found.values()];
      found = new Map();
    }
  } while (cursor !== '0');
  if (found.size > 0) yield [...found.values()];
}

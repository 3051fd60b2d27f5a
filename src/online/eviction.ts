// An online store that drops rows when its memory is full answers as if they never were: that is said before it happens.

import type { Log } from '../core/log.ts';
import { serverFacts } from '../redis/server-facts.ts';
import type { OnlineStore } from './store.ts';

/**
 * Looks whether the online store may evict rows, and warns when it may, again only after that has changed.
 *
 * @throws Failure ONLINE_UNAVAILABLE
 */
export function watchEviction({ redis }: Pick<OnlineStore, 'redis'>, log: Log): (signal: AbortSignal) => Promise<void> {
  let known = 'noeviction';
  return async (signal) => {
    const { maxmemoryPolicy: policy } = await serverFacts(redis, signal);
    // A server that hides its policy is not suspected, as with the queue.
    if (policy === known || policy === '') return;
    known = policy;
    if (policy !== 'noeviction') log.warn('online.may_evict', { policy, message: sentenceOf(policy) });
  };
}

function sentenceOf(policy: string): string {
  return `The online store's Redis has "maxmemory-policy ${policy}", so it drops rows when its memory is full, and readers then find no values for those entities: set "maxmemory-policy noeviction", and give Redis enough memory for all entities. To find dropped rows, run "millrace verify".`;
}

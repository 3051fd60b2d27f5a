// Whether the online store lets us in.

import { Failure } from '../core/failure.ts';
import { readSentinel } from './sentinel/sentinel.ts';
import type { OnlineStore } from './store.ts';

/** Passes where the store does not respond: rows are stored offline meanwhile. @throws Failure ONLINE_DENIED */
export async function requireOnlineAccess(online: OnlineStore, signal: AbortSignal): Promise<void> {
  try {
    await readSentinel(online, signal);
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'ONLINE_DENIED') throw thrown;
  }
}

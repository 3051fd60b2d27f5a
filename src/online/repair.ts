// Bringing the whole online store up to date where it is behind: what the reconciler does each minute.

import type { Log } from '../core/log.ts';
import { viewsInDebt } from '../state/publishing/publish-scope.ts';
import { loggedMessage } from '../state/redaction.ts';
import type { PublisherOptions } from './lease.ts';
import { publishDebt } from './publish.ts';
import { rebuildView } from './rebuild.ts';
import { checkSentinel } from './sentinel/check-sentinel.ts';

export type RepairOptions = Omit<PublisherOptions, 'viewId' | 'signal'> & { readonly log: Log };

/**
 * Rebuilds the views that a flush, a failover or a change of definition has put in doubt, then publishes what is
 * committed and unpublished, view by view. One view's failure does not stop the others. Repeating it is harmless.
 *
 * @throws Failure ONLINE_UNAVAILABLE or OFFLINE_UNAVAILABLE where the stores cannot be compared at all.
 */
export async function repairOnline(options: RepairOptions, signal: AbortSignal): Promise<void> {
  const { due, reason } = await checkSentinel(options, signal);
  if (reason !== null) options.log.warn('online.doubted', { reason });
  for (const { viewId, name, reason: why } of due) {
    await attempt(options, name, signal, async () => {
      const rebuilt = await rebuildView({ ...options, viewId, signal });
      if (rebuilt === null) return options.log.warn('online.behind', { view: name, why: OCCUPIED });
      options.log.info('view.rebuilt', { view: name, reason: why, number: rebuilt.number });
    });
  }
  for (const { id, name } of await viewsInDebt(options.database)) {
    await attempt(options, name, signal, async () => {
      const published = await publishDebt({ ...options, viewId: id, signal });
      if (published !== null) options.log.info('view.published', { view: name, number: published.number });
    });
  }
}

/** The rebuild is still due, and the next pass tries it again. */
const OCCUPIED = 'another publish of the view is still running';

async function attempt(
  { log, database }: RepairOptions,
  view: string,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    log.warn('online.behind', { view, why: await loggedMessage(database, view, error) });
  }
}

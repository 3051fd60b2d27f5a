// Drains that pushes ask for: planned and delivered in the background, so that a push needs neither a worker nor Redis.

import type { Log } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import type { Database } from '../../postgres/database.ts';
import { deliverRuns } from '../../queue/delivery/deliver.ts';
import type { Queues } from '../../queue/queues.ts';
import { planDrain } from '../../state/inbox/plan-drain.ts';

export type DrainParts = { readonly database: Database; readonly log: Log; readonly queues: () => Promise<Queues> };

/** Plans and delivers drains, one at a time per view. Pushes do not wait for it. */
export type Drains = { request(viewId: number): void };

export function openDrains({ database, log, queues }: DrainParts): Drains {
  const wanted = new Map<number, 'running' | 'again'>();
  const drain = async (viewId: number) => {
    try {
      const run = await planDrain(database, viewId);
      if (run !== null) await deliverRuns(await queues(), database, [run]);
    } catch (error) {
      // The scheduler plans and delivers it within a minute.
      log.warn('drain.waiting', { view: viewId, message: loggedText(error) });
    }
    const isAgain = wanted.get(viewId) === 'again';
    wanted.delete(viewId);
    if (isAgain) request(viewId);
  };
  const request = (viewId: number) => {
    if (wanted.has(viewId)) wanted.set(viewId, 'again');
    else {
      wanted.set(viewId, 'running');
      void drain(viewId);
    }
  };
  return { request };
}

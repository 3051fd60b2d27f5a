// Repairs queues that another program has changed. Only Millrace uses these queues, and pauses of views and workers are
// stored elsewhere, so any pause or limit of a queue is an accident or an attack.

import type { Queue } from 'bullmq';
import { messageOf } from '../../core/failure.ts';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../postgres/database.ts';
import { type QueueFault, recordQueueFaults } from '../../state/queue-faults.ts';
import type { Queues } from '../queues.ts';
import { findQueueFaults } from './find-faults.ts';

export type RepairQueuesOptions = { readonly database: Database; readonly queues: Queues; readonly log: Log };

/**
 * Resumes paused queues, removes limits, and deletes keys that BullMQ cannot use; the reconciler restores what was lost
 * with a key. Logs and records each fault. A fault that cannot be fixed does not block the others.
 *
 * @throws Failure QUEUE_UNAVAILABLE or OFFLINE_UNAVAILABLE
 */
export async function repairQueues({ database, queues, log }: RepairQueuesOptions): Promise<void> {
  const faults = await findQueueFaults(queues);
  const judged: (QueueFault & { isRepaired: boolean })[] = [];
  for (const fault of faults) {
    const error = await repair(queues, fault).then(
      () => null,
      (thrown: unknown) => messageOf(thrown),
    );
    if (error === null) log.warn('queue.repaired', { ...fault });
    else log.error('queue.fault', { ...fault, message: error });
    judged.push({ ...fault, isRepaired: error === null });
  }
  await recordQueueFaults(database, judged);
}

async function repair(queues: Queues, { queue: name, kind, key }: QueueFault): Promise<void> {
  const queue = [queues.tick, queues.run, queues.backfill].find((one) => one.name === name);
  if (queue === undefined) return;
  if (kind === 'paused') await queues.exchange(() => queue.resume());
  else if (kind === 'limited') await queues.exchange(() => liftLimits(queue));
  else await queues.exchange((connection) => connection.del(queue.toKey(key)));
  // This key also has the size limit of the event stream.
  if (key === 'meta') await queues.exchange((connection) => connection.hset(queue.toKey('meta'), queue.metaValues));
}

async function liftLimits(queue: Queue): Promise<void> {
  await queue.removeGlobalConcurrency();
  await queue.removeGlobalRateLimit();
  await queue.removeRateLimitKey();
}

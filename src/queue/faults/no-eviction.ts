// The queue's Redis must not evict keys when its memory is full.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { withoutSecrets } from '../../core/url.ts';
import type { QueueConnection } from '../../redis/queue-connection.ts';

type Exchange = <T>(work: (connection: QueueConnection) => Promise<T>) => Promise<T>;

/** @throws Failure QUEUE_UNSAFE, or QUEUE_UNAVAILABLE */
export async function requireNoEviction(exchange: Exchange, queueUrl: string): Promise<void> {
  // Managed servers block CONFIG, but all support INFO.
  const memory = await exchange((connection) => connection.info('memory'));
  const policy = /^maxmemory_policy:(.*)$/m.exec(memory)?.[1]?.trim() ?? 'noeviction';
  if (policy === 'noeviction') return;
  throw new Failure(
    'QUEUE_UNSAFE',
    text`The queue's Redis (${safe(withoutSecrets(queueUrl))}) has "maxmemory-policy ${safe(policy)}", so it silently drops jobs and schedules when its memory is full: set "maxmemory-policy noeviction", or use a separate Redis for the queue.`,
    { policy },
  );
}

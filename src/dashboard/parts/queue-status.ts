// The last known status of the queues, checked in the background: pages never wait for Redis.

import { messageOf } from '../../core/failure.ts';
import type { DashboardContext } from '../context.ts';

/** `isAnswering` is null until the first check has finished. */
export type QueueStatus = { readonly isAnswering: boolean | null; readonly sentence: string };

const ASKED_EVERY_MS = 10_000;

/** Returns what is known and refreshes it if it is old. */
export function queueStatus({ queues, clock }: Pick<DashboardContext, 'queues' | 'clock'>): () => QueueStatus {
  let known: QueueStatus = { isAnswering: null, sentence: '' };
  let askedAt = Number.NEGATIVE_INFINITY;
  const ask = async () => {
    const { exchange } = await queues();
    await exchange((connection) => connection.ping());
  };
  return () => {
    if (clock.monotonicMs() - askedAt > ASKED_EVERY_MS) {
      askedAt = clock.monotonicMs();
      ask().then(
        () => {
          known = { isAnswering: true, sentence: '' };
        },
        (error: unknown) => {
          known = { isAnswering: false, sentence: messageOf(error) };
        },
      );
    }
    return known;
  };
}

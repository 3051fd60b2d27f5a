// Detects a worker that has silently stopped although there is work, which BullMQ's workers have done after outages
// (taskforcesh/bullmq#4585 and others).

import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { JobTaker } from '../delivery/take-jobs.ts';
import type { Queues } from '../queues.ts';
import { repeatedly } from '../repeat.ts';

export type Watched = {
  readonly taker: Pick<JobTaker, 'active' | 'lastTakenMs'>;
  readonly concurrency: number;
  readonly queue: Queues['run'];
};

export type WatchdogOptions = {
  readonly queues: Queues;
  readonly watched: readonly Watched[];
  /** Whether the worker is paused on purpose. */
  readonly isPaused: () => boolean;
  readonly clock: Clock;
  readonly silenceMaxMs: number;
  readonly onSilence: (failure: Failure) => void;
};

const LOOKS_PER_SILENCE = 3;

/**
 * Watches until disposed. A worker is silent if it had a free slot for this long and took nothing while jobs waited and
 * Redis responded. The process is notified once, and should end the worker.
 */
export function watchForSilence(options: WatchdogOptions): AsyncDisposable {
  const { watched, clock, silenceMaxMs } = options;
  const idleSince = new Map<Watched, number>();
  return repeatedly(clock, silenceMaxMs / LOOKS_PER_SILENCE, async () => {
    for (const one of watched) {
      const now = clock.monotonicMs();
      if (!(await isIdleThoughJobsWait(options, one))) {
        idleSince.delete(one);
        continue;
      }
      const since = Math.max(idleSince.get(one) ?? now, one.taker.lastTakenMs());
      idleSince.set(one, since);
      if (now - since >= silenceMaxMs) options.onSilence(silent(one, now - since));
    }
  });
}

async function isIdleThoughJobsWait(
  { queues, isPaused }: WatchdogOptions,
  { taker, concurrency, queue }: Watched,
): Promise<boolean> {
  if (isPaused() || taker.active() >= concurrency) return false;
  try {
    const waiting = () => queue.getJobCountByTypes('waiting', 'prioritized');
    return await queues.exchange(async () => !(await queue.isPaused()) && (await waiting()) > 0);
  } catch {
    return false; // an outage explains the silence
  }
}

function silent({ queue }: Watched, milliseconds: number): Failure {
  return new Failure(
    'QUEUE_UNAVAILABLE',
    text`This worker has taken no jobs for ${safe(Math.round(milliseconds / 1_000))} s although jobs are waiting in queue "${safe(queue.name)}" and Redis is responding. It exits so that its supervisor restarts it.`,
    { queue: queue.name },
  );
}

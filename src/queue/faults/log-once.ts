// Limits repeated messages: an unavailable server causes the same message with every attempt.

import type { Clock } from '../../core/clock.ts';

const AGAIN_AFTER_MS = 60_000;

/** `say`, but not with the same text twice within a minute. */
export function logOnce(clock: Clock, say: (words: string) => void): (words: string) => void {
  const saidAt = new Map<string, number>();
  return (words) => {
    const now = clock.monotonicMs();
    for (const [said, at] of saidAt) if (now - at >= AGAIN_AFTER_MS) saidAt.delete(said);
    if (saidAt.has(words)) return;
    saidAt.set(words, now);
    say(words);
  };
}

// Logs refused logins: a few per minute plus a count of the others, so that strangers cannot fill a disk.

import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';

export type Refusal = { readonly address: string; readonly status: number };

const LINES_MAX = 20;
const LINES_MS = 60_000;

/** Logs a refusal with the number omitted since the last line, or omits it. */
export function openRefusals(log: Log, clock: Clock): (refusal: Refusal) => void {
  let since = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let suppressed = 0;
  return (refusal) => {
    const now = clock.monotonicMs();
    if (now - since >= LINES_MS) [since, lines] = [now, 0];
    if (lines === LINES_MAX) {
      suppressed += 1;
      return;
    }
    log.warn('dashboard.refused', suppressed === 0 ? refusal : { ...refusal, suppressed });
    [lines, suppressed] = [lines + 1, 0];
  };
}

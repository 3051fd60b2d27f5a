// Refused logins in the log: some a minute, and how many there were besides, so that strangers do not fill a disk.

import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';

export type Refusal = { readonly address: string; readonly status: number };

const LINES_MAX = 20;
const LINES_MS = 60_000;

/** Writes a refusal to the log, with how many were left out since the line before; or leaves it out itself. */
export function openRefusals(log: Log, clock: Clock): (refusal: Refusal) => void {
  let since = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let unsaid = 0;
  return (refusal) => {
    const now = clock.monotonicMs();
    if (now - since >= LINES_MS) [since, lines] = [now, 0];
    if (lines === LINES_MAX) {
      unsaid += 1;
      return;
    }
    log.warn('dashboard.refused', unsaid === 0 ? refusal : { ...refusal, unsaid });
    [lines, unsaid] = [lines + 1, 0];
  };
}

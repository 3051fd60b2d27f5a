// For tests of servers that stop responding.

import { type Clock, systemClock } from '../../src/core/clock.ts';

export const STATEMENT_TIMEOUT_MS = 30_000;
const WATCHDOG_MS = STATEMENT_TIMEOUT_MS + 10_000;

/** Shortens the watchdog of a source with this statement timeout from 40 s to 3 s. */
export const hurriedClock: Clock = {
  ...systemClock,
  after: (milliseconds, work) => systemClock.after(milliseconds === WATCHDOG_MS ? 3_000 : milliseconds, work),
};

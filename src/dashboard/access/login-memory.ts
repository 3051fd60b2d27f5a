// What the login keeps in mind: who was right, and how often somebody was wrong.

import type { Clock } from '../../core/clock.ts';
import type { Viewer } from '../context.ts';
import { remember } from './remember.ts';

/** A browser sends the password with each request, and a page that somebody looks at asks every few seconds. */
const UNUSED_MS = 30 * 60_000;
const REMEMBERED_MS = 12 * 60 * 60_000;
const REMEMBERED_MAX = 1_000;
/** Wrong passwords for one name from one address within a minute: behind a proxy all people have the same address. */
const WRONG_MAX = 10;
const WRONG_MS = 60_000;
const ATTEMPTS_MAX = 10_000;

type Remembered = { readonly viewer: Viewer; readonly since: number; readonly usedAt: number };

/** Who was verified, as long as they come back, and not beyond half a day. */
export function rememberedLogins(clock: Clock) {
  const logins = new Map<string, Remembered>();
  return {
    of: (digest: string): Viewer | null => {
      const [found, now] = [logins.get(digest), clock.monotonicMs()];
      if (found === undefined || now - found.usedAt >= UNUSED_MS || now - found.since >= REMEMBERED_MS) return null;
      remember(logins, REMEMBERED_MAX, [digest, { ...found, usedAt: now }]);
      return found.viewer;
    },
    add: (digest: string, viewer: Viewer) => {
      const now = clock.monotonicMs();
      remember(logins, REMEMBERED_MAX, [digest, { viewer, since: now, usedAt: now }]);
    },
  };
}

/**
 * Counts wrong attempts with a name from an address. Whoever is remembered is let in without being counted; whoever is not
 * has to wait while others guess at their name from the same address.
 */
export function wrongAttempts(clock: Clock) {
  const attempts = new Map<string, { readonly since: number; readonly count: number }>();
  const current = (key: string) => {
    const found = attempts.get(key);
    return found !== undefined && clock.monotonicMs() - found.since < WRONG_MS ? found : null;
  };
  const keyOf = (name: string, address: string) => JSON.stringify([address, name]);
  return {
    isTooMany: (name: string, address: string) => (current(keyOf(name, address))?.count ?? 0) >= WRONG_MAX,
    add: (name: string, address: string) => {
      const key = keyOf(name, address);
      const before = current(key) ?? { since: clock.monotonicMs(), count: 0 };
      remember(attempts, ATTEMPTS_MAX, [key, { ...before, count: before.count + 1 }]);
    },
  };
}

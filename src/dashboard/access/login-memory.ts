// What the login remembers: verified credentials, and the number of wrong attempts.

import type { Clock } from '../../core/clock.ts';
import type { Viewer } from '../context.ts';
import { remember } from './remember.ts';

/** A browser sends the password with each request, and an open page polls every few seconds. */
const UNUSED_MS = 30 * 60_000;
const REMEMBERED_MS = 12 * 60 * 60_000;
const REMEMBERED_MAX = 1_000;
/** Wrong passwords per name, address and minute: behind a proxy all users share an address. */
const WRONG_MAX = 10;
const WRONG_MS = 60_000;
const ATTEMPTS_MAX = 10_000;

type Remembered = { readonly viewer: Viewer; readonly since: number; readonly usedAt: number };

/** Verified credentials, for as long as they are used, and for half a day at most. */
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
 * Counts wrong attempts by name and address. Remembered users are not counted; others have to wait while an attacker at
 * the same address guesses passwords for their name.
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

// Who somebody is by name and password. Verifying costs a tenth of a second and 32 MB on purpose, so it is done rarely.

import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { DashboardLogin } from '../definition/dashboard-config.ts';
import type { Role, Viewer } from './context.ts';
import { isPassword, nobodysHash, PASSWORD_LENGTH_MAX, type PasswordHash, parseHash } from './password.ts';

/** `busy`: too many tried at once, or too often from there; nothing was looked at. */
export type LoginOutcome =
  | { readonly kind: 'known'; readonly viewer: Viewer }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'busy' };

export type Login = {
  /** `authorization` as the browser sends it; `address` is where from. */
  attempt(authorization: string, address: string): Promise<LoginOutcome>;
};

const REMEMBERED_MS = 5 * 60_000;
const REMEMBERED_MAX = 1_000;
const AT_ONCE_MAX = 2;
const WAITING_MAX = 16;
/** Wrong passwords of one address within a minute. */
const WRONG_MAX = 10;
const WRONG_MS = 60_000;
const ADDRESSES_MAX = 10_000;

type Known = { readonly role: Role; readonly hash: PasswordHash };

/** @throws Failure ENVIRONMENT_MISSING where a variable holds no hash. */
export function openLogin(users: DashboardLogin['users'], clock: Clock): Login {
  const known = knownUsers(users);
  const nobody = nobodysHash(known.values().next().value?.hash);
  // Passwords are not kept: what is remembered is a digest that means nothing outside this process.
  const key = randomBytes(32);
  const remembered = new Map<string, { readonly viewer: Viewer; readonly until: number }>();
  const wrong = wrongAttempts(clock);
  const slots = openSlots();

  const verify = async (name: string, password: string): Promise<Viewer | null> => {
    const user = known.get(name);
    const isRight = await isPassword(password, user?.hash ?? nobody);
    return isRight && user !== undefined ? { name, role: user.role } : null;
  };
  const attempt = async (authorization: string, address: string): Promise<LoginOutcome> => {
    const given = parseBasic(authorization);
    if (given === null) return { kind: 'wrong' };
    const digest = createHmac('sha256', key).update(JSON.stringify(given)).digest('base64');
    const before = remembered.get(digest);
    if (before !== undefined && before.until > clock.monotonicMs()) return { kind: 'known', viewer: before.viewer };
    if (wrong.isTooMany(address) || slots.isFull()) return { kind: 'busy' };
    const viewer = await slots.within(() => verify(given.name, given.password));
    if (viewer === null) {
      wrong.add(address);
      return { kind: 'wrong' };
    }
    bounded(remembered, REMEMBERED_MAX).set(digest, { viewer, until: clock.monotonicMs() + REMEMBERED_MS });
    return { kind: 'known', viewer };
  };
  return { attempt };
}

function knownUsers(users: DashboardLogin['users']): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const [name, { role, hash: text }] of Object.entries(users)) {
    const hash = parseHash(text);
    if (hash === null) {
      const sentence = `The variable that millrace.yaml names for the password of ${name} holds no hash of one: set it to what "millrace dashboard hash" prints.`;
      throw new Failure('ENVIRONMENT_MISSING', sentence, { user: name });
    }
    known.set(name, { role, hash });
  }
  return known;
}

function parseBasic(authorization: string): { readonly name: string; readonly password: string } | null {
  const encoded = /^basic ([A-Za-z0-9+/=]{1,2048})$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return colon < 1 || password.length > PASSWORD_LENGTH_MAX ? null : { name, password };
}

/** Counts wrong attempts of an address. What is remembered is not stopped by them: nobody is locked out of a page they use. */
function wrongAttempts(clock: Clock) {
  const attempts = new Map<string, { readonly since: number; readonly count: number }>();
  const current = (address: string) => {
    const found = attempts.get(address);
    return found !== undefined && clock.monotonicMs() - found.since < WRONG_MS ? found : null;
  };
  return {
    isTooMany: (address: string) => (current(address)?.count ?? 0) >= WRONG_MAX,
    add: (address: string) => {
      const before = current(address) ?? { since: clock.monotonicMs(), count: 0 };
      bounded(attempts, ADDRESSES_MAX).set(address, { ...before, count: before.count + 1 });
    },
  };
}

/** A few at once, some more waiting, and no more than that. */
function openSlots() {
  let open = 0;
  const waiting: (() => void)[] = [];
  return {
    isFull: () => waiting.length >= WAITING_MAX,
    within: async <T>(work: () => Promise<T>): Promise<T> => {
      if (open >= AT_ONCE_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
      else open += 1;
      try {
        return await work();
      } finally {
        // The place is handed over, or given back.
        const next = waiting.shift();
        if (next === undefined) open -= 1;
        else next();
      }
    },
  };
}

/** The map with room for one more: the oldest goes. */
function bounded<Value>(map: Map<string, Value>, max: number): Map<string, Value> {
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
  return map;
}

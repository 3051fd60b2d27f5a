// Login by name and password. Verifying takes half a second and 128 MB on purpose: results are remembered and only a few
// verifications run in parallel.

import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { DashboardLogin } from '../../definition/connections/dashboard-config.ts';
import type { Role, Viewer } from '../context.ts';
import { rememberedLogins, wrongAttempts } from './login-memory.ts';
import { decoyHash, isPassword, PASSWORD_LENGTH_MAX, type PasswordHash, parseHash } from './password.ts';

/** `busy`: too many attempts in parallel, or too many for that name from there; the password was not checked. */
export type LoginOutcome =
  | { readonly kind: 'known'; readonly viewer: Viewer }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'busy' };

export type Login = {
  /** `authorization` is the header; `address` is the client's. */
  attempt(authorization: string, address: string): Promise<LoginOutcome>;
};

const AT_ONCE_MAX = 1;
const WAITING_MAX = 16;

type Known = { readonly role: Role; readonly hash: PasswordHash };

/** @throws Failure ENVIRONMENT_MISSING if a variable does not contain a hash. */
export function openLogin(users: DashboardLogin['users'], clock: Clock): Login {
  const known = knownUsers(users);
  const unknownUser = decoyHash(known.values().next().value?.hash);
  // Passwords are not kept: the digest in memory is worthless outside of this process.
  const key = randomBytes(32);
  const digestOf = (given: Given) => createHmac('sha256', key).update(JSON.stringify(given)).digest('base64');
  const remembered = rememberedLogins(clock);
  const underWay = new Map<string, Promise<LoginOutcome>>();
  const wrong = wrongAttempts(clock);
  const slots = openSlots();

  const verified = async ({ name, password }: Given, address: string): Promise<LoginOutcome> => {
    const user = known.get(name);
    const isRight = await slots.within(() => isPassword(password, user?.hash ?? unknownUser));
    if (isRight && user !== undefined) return { kind: 'known', viewer: { name, role: user.role } };
    wrong.add(name, address);
    return { kind: 'wrong' };
  };
  const attempt = async (authorization: string, address: string): Promise<LoginOutcome> => {
    const given = parseBasic(authorization);
    if (given === null) return { kind: 'wrong' };
    const digest = digestOf(given);
    const viewer = remembered.of(digest);
    if (viewer !== null) return { kind: 'known', viewer };
    // Browsers request a page and its assets in parallel, with the same password.
    const same = underWay.get(digest);
    if (same !== undefined) return same;
    if (wrong.isTooMany(given.name, address) || slots.isFull()) return { kind: 'busy' };
    const verifying = verified(given, address).finally(() => underWay.delete(digest));
    underWay.set(digest, verifying);
    const outcome = await verifying;
    if (outcome.kind === 'known') remembered.add(digest, outcome.viewer);
    return outcome;
  };
  return { attempt };
}

function knownUsers(users: DashboardLogin['users']): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const [name, { role, hash: text }] of Object.entries(users)) {
    const hash = parseHash(text);
    if (hash === null) {
      const sentence = `The environment variable for the password of ${name} does not contain a password hash: set it to the output of "millrace dashboard hash".`;
      throw new Failure('ENVIRONMENT_MISSING', sentence, { user: name });
    }
    known.set(name, { role, hash });
  }
  return known;
}

type Given = { readonly name: string; readonly password: string };

function parseBasic(authorization: string): Given | null {
  const encoded = /^basic ([A-Za-z0-9+/=]{1,2048})$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return colon < 1 || password.length > PASSWORD_LENGTH_MAX ? null : { name, password };
}

/** A few in parallel, some more waiting, and the rest refused. */
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
        // The slot passes to the next in line, or becomes free.
        const next = waiting.shift();
        if (next === undefined) open -= 1;
        else next();
      }
    },
  };
}

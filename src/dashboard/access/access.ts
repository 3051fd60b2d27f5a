// Authentication: by password, by the header of a proxy, or none on loopback if no login is configured.

import { isUtf8 } from 'node:buffer';
import { BlockList, isIP } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { parseRange } from '../../definition/connections/address-range.ts';
import type { DashboardLogin, DashboardProxy } from '../../definition/connections/dashboard-config.ts';
import type { Role, Viewer } from '../context.ts';
import { openLogin } from './login.ts';
import { isLoopback } from './origin.ts';

export type AccessRequest = {
  /** The address of the connection, not of a header. */
  readonly address: string;
  readonly authorization: string | null;
  /** All headers with a name in lower case, as Node returns them: one character per byte. */
  headers(name: string): readonly string[];
};

/** `who` is null if a login is needed; `status` and `sentence` say why. */
export type AccessAnswer =
  | { readonly viewer: Viewer }
  | { readonly viewer: null; readonly status: 401 | 429; readonly sentence: string };

export type Access = {
  /** Whether browsers should ask for a name and password. */
  readonly hasPasswords: boolean;
  viewerOf(request: AccessRequest): Promise<AccessAnswer>;
};

export type AccessOptions = {
  readonly login: DashboardLogin;
  readonly host: string;
  /** The role of every visitor if no login is configured, which is allowed on loopback only. */
  readonly defaultRole: Role;
  readonly clock: Clock;
};

/** @throws Failure ARGUMENT_INVALID if others could reach it without a login, or ENVIRONMENT_MISSING. */
export function openAccess({ login, host, defaultRole, clock }: AccessOptions): Access {
  const hasPasswords = Object.keys(login.users).length > 0;
  if (!hasPasswords && login.proxy === null) {
    requireLoopback(host);
    return { hasPasswords, viewerOf: async () => ({ viewer: { name: null, role: defaultRole } }) };
  }
  const proxied = login.proxy === null ? () => null : proxyViewer(login.proxy);
  const passwords = hasPasswords ? openLogin(login.users, clock) : null;
  return {
    hasPasswords,
    viewerOf: async (request) => {
      const viewer = proxied(request);
      if (viewer !== null) return { viewer };
      if (passwords === null) return refused(401, 'You are not logged in. Open the dashboard through its proxy.');
      if (request.authorization === null) return refused(401, 'The dashboard requires a user name and a password.');
      const outcome = await passwords.attempt(request.authorization, request.address);
      if (outcome.kind === 'known') return { viewer: outcome.viewer };
      if (outcome.kind === 'busy') return refused(429, 'Too many login attempts. Wait a minute, then try again.');
      return refused(401, 'The user name or password is wrong.');
    },
  };
}

function refused(status: 401 | 429, sentence: string): AccessAnswer {
  return { viewer: null, status, sentence };
}

function requireLoopback(host: string): void {
  if (isLoopback(host)) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    `The dashboard has no login, and ${host} can be reached from other machines: add dashboard.users or dashboard.proxy to millrace.yaml, or listen on 127.0.0.1.`,
    { host },
  );
}

/** The user that the proxy names; null if the request did not come from the proxy or names no user. */
function proxyViewer(proxy: DashboardProxy): (request: AccessRequest) => Viewer | null {
  const trusted = new BlockList();
  for (const text of proxy.from) {
    const range = parseRange(text);
    if (range !== null) trusted.addSubnet(range.address, range.bits, range.family);
  }
  const operators = new Set(proxy.operators.map((name) => name.normalize('NFC')));
  return ({ address, headers }) => {
    // Link-local addresses have a zone; an IPv6 socket reports 10.0.0.5 as ::ffff:10.0.0.5, which the list accepts.
    const plain = address.replace(/%.*$/, '');
    const version = isIP(plain);
    if (version === 0 || !trusted.check(plain, version === 4 ? 'ipv4' : 'ipv6')) return null;
    const [bytes = '', ...more] = headers(proxy.header);
    const name = textOf(bytes).trim();
    // With two headers the user is ambiguous.
    if (more.length > 0 || name === '' || name.length > 200 || /\p{Cc}/u.test(name)) return null;
    return { name, role: operators.has(name) ? 'operator' : 'viewer' };
  };
}

/** A header as text: proxies send UTF-8, older ones Latin-1. */
function textOf(bytes: string): string {
  const buffer = Buffer.from(bytes, 'latin1');
  return (isUtf8(buffer) ? buffer.toString('utf8') : bytes).normalize('NFC');
}

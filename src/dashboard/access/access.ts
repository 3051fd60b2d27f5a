// Who may look at all: by password, by the word of a proxy, or anybody on this machine where no login is configured.

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
  /** Of the connection, not what a header says. */
  readonly address: string;
  readonly authorization: string | null;
  /** Each header of a name, in lower case, as Node gives it: a character for a byte. */
  headers(name: string): readonly string[];
};

/** `who` is null where a login is asked for; `status` and `sentence` say why. */
export type AccessAnswer =
  | { readonly viewer: Viewer }
  | { readonly viewer: null; readonly status: 401 | 429; readonly sentence: string };

export type Access = {
  /** Whether a browser may ask for name and password. */
  readonly hasPasswords: boolean;
  viewerOf(request: AccessRequest): Promise<AccessAnswer>;
};

export type AccessOptions = {
  readonly login: DashboardLogin;
  readonly host: string;
  /** What everybody is where no login is configured, which is on loopback only. */
  readonly defaultRole: Role;
  readonly clock: Clock;
};

/** @throws Failure ARGUMENT_INVALID where others could reach it without a login, or ENVIRONMENT_MISSING. */
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
      if (passwords === null) return refused(401, 'Nobody is logged in: open the dashboard through its proxy.');
      if (request.authorization === null) return refused(401, 'The dashboard asks for a name and a password.');
      const outcome = await passwords.attempt(request.authorization, request.address);
      if (outcome.kind === 'known') return { viewer: outcome.viewer };
      if (outcome.kind === 'busy') return refused(429, 'Too many logins were tried: wait a minute, and try it again.');
      return refused(401, 'Name or password are wrong.');
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

/** Whom the proxy names; null where the request is not the proxy's, or names nobody. */
function proxyViewer(proxy: DashboardProxy): (request: AccessRequest) => Viewer | null {
  const trusted = new BlockList();
  for (const text of proxy.from) {
    const range = parseRange(text);
    if (range !== null) trusted.addSubnet(range.address, range.bits, range.family);
  }
  const operators = new Set(proxy.operators.map((name) => name.normalize('NFC')));
  return ({ address, headers }) => {
    // With a zone where it is of a link; a socket that listens on IPv6 has 10.0.0.5 as ::ffff:10.0.0.5, which the list knows.
    const plain = address.replace(/%.*$/, '');
    const version = isIP(plain);
    if (version === 0 || !trusted.check(plain, version === 4 ? 'ipv4' : 'ipv6')) return null;
    const [bytes = '', ...more] = headers(proxy.header);
    const name = textOf(bytes).trim();
    // Of two headers it cannot be told who it is.
    if (more.length > 0 || name === '' || name.length > 200 || /\p{Cc}/u.test(name)) return null;
    return { name, role: operators.has(name) ? 'operator' : 'viewer' };
  };
}

/** A header as text: proxies send UTF-8, and older ones Latin-1. */
function textOf(bytes: string): string {
  const buffer = Buffer.from(bytes, 'latin1');
  return (isUtf8(buffer) ? buffer.toString('utf8') : bytes).normalize('NFC');
}

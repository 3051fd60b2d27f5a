// Origin checks: only our own pages may change anything, and on loopback only loopback host names are accepted.

import { isIPv4 } from 'node:net';
import type { Context } from 'hono';
import type { DashboardEnv } from '../context.ts';

/** Whether a server that listens on this host is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

export type OriginRules = {
  /** The host that the server listens on. */
  readonly host: string;
  /** The public URL, if it differs. */
  readonly url: string | null;
};

/** The problem with a request's origin as a sentence; null if there is none. */
export function originProblem(c: Context<DashboardEnv>, rules: OriginRules): string | null {
  const host = c.req.header('host') ?? '';
  if (!isOurHost(host, rules)) {
    const known = rules.url === null ? 'localhost' : rules.url;
    return `The dashboard does not accept this host name: open it at ${known}, or set dashboard.url in millrace.yaml to the address that you use.`;
  }
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return null;
  if (isOurPage(c, host, rules)) return null;
  return 'Only pages of this dashboard can make changes: reload the page and try again.';
}

/** DNS rebinding: a foreign page whose name resolves to this machine must not read the dashboard. */
function isOurHost(host: string, rules: OriginRules): boolean {
  if (rules.url !== null && originOf(new URL(rules.url).protocol, host) === rules.url) return true;
  // With a login, a rebound name has none of the user's credentials.
  if (rules.url === null && !isLoopback(rules.host)) return host !== '';
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1] ?? '';
  return isLoopback(name.replace(/^\[|\]$/g, '').toLowerCase());
}

/** Browsers send the origin of a form in at least one of these headers. */
function isOurPage(c: Context<DashboardEnv>, host: string, { url }: OriginRules): boolean {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  if (site === undefined && origin === undefined) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return true;
  return origin === url || origin === originOf('http:', host) || origin === originOf('https:', host);
}

/** The origin of a Host header as browsers write it: in lower case, without the default port. */
function originOf(protocol: string, host: string): string | null {
  const text = `${protocol}//${host}`;
  return /^[^\s/?#@\\]+$/.test(host) && URL.canParse(text) ? new URL(text).origin : null;
}

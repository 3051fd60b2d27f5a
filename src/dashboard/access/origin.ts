// Where a request comes from: only our own pages may change something, and on loopback only names of loopback are ours.

import { isIPv4 } from 'node:net';
import type { Context } from 'hono';
import type { DashboardEnv } from '../context.ts';

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

export type OriginRules = {
  /** Where the server listens. */
  readonly host: string;
  /** Where people open it, if that is elsewhere. */
  readonly url: string | null;
};

/** What is wrong with where a request comes from, as a sentence; null where nothing is. */
export function originProblem(c: Context<DashboardEnv>, rules: OriginRules): string | null {
  const host = c.req.header('host') ?? '';
  if (!isOurHost(host, rules)) {
    const known = rules.url === null ? 'localhost' : rules.url;
    return `This dashboard is not known under this name: open it as ${known}, or name yours as dashboard.url in millrace.yaml.`;
  }
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return null;
  if (isOurPage(c, host, rules)) return null;
  return 'Only pages of this dashboard may change something: load the page again, and try it there.';
}

/** A page elsewhere whose name leads to this machine must not read what is here. */
function isOurHost(host: string, rules: OriginRules): boolean {
  if (rules.url !== null && originOf(new URL(rules.url).protocol, host) === rules.url) return true;
  // With a login, a name that only leads here has none of its credentials.
  if (rules.url === null && !isLoopback(rules.host)) return host !== '';
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1] ?? '';
  return isLoopback(name.replace(/^\[|\]$/g, '').toLowerCase());
}

/** Browsers say where a form was: one word or the other is always there. */
function isOurPage(c: Context<DashboardEnv>, host: string, { url }: OriginRules): boolean {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  if (site === undefined && origin === undefined) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return true;
  return origin === url || origin === originOf('http:', host) || origin === originOf('https:', host);
}

/** The origin of a Host header, written as browsers write it: in lower case, and without the port that goes without saying. */
function originOf(protocol: string, host: string): string | null {
  const text = `${protocol}//${host}`;
  return /^[^\s/?#@\\]+$/.test(host) && URL.canParse(text) ? new URL(text).origin : null;
}

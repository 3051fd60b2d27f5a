// Checks that every request passes before it reaches a route: origin, token, rate, size and time.

import type { Context, MiddlewareHandler } from 'hono';
import type { Clock } from '../../core/clock.ts';
import { within } from '../../core/within.ts';
import { isLoopback } from '../../dashboard/access/origin.ts';
import type { ApiEnv } from '../context.ts';
import { Problem } from '../problem.ts';
import type { CallerOf } from './callers.ts';

type Guard = MiddlewareHandler<ApiEnv>;

/** Longer than any request needs, including one that waits until rows are published. */
const ANSWER_MS = 60_000;

/**
 * Browsers name the page that sends a request: no page may use the API, because on loopback it needs no token. Without tokens,
 * only loopback host names are accepted, so that a foreign name that resolves to this machine cannot read (DNS rebinding).
 */
export function programsOnly({ hasTokens }: { readonly hasTokens: boolean }): Guard {
  return async (c, next) => {
    if (!hasTokens && !isLoopbackName(c.req.header('host') ?? '')) {
      throw new Problem(
        'ORIGIN_FORBIDDEN',
        'Without tokens, the API accepts requests only to localhost: use that host name, or add api.tokens to millrace.yaml.',
      );
    }
    if (isOtherPage(c)) throw new Problem('ORIGIN_FORBIDDEN', 'Pages from other sites cannot use this API.');
    return next();
  };
}

function isLoopbackName(host: string): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1] ?? '';
  return isLoopback(name.replace(/^\[|\]$/g, '').toLowerCase());
}

function isOtherPage(c: Context<ApiEnv>): boolean {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const host = c.req.header('host');
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/** Finds the caller and counts the request. */
export function withCaller(callerOf: CallerOf, countRequest: (caller: string) => void): Guard {
  return async (c, next) => {
    const caller = callerOf(c.req.header('authorization'));
    countRequest(caller.name ?? '');
    c.set('caller', caller);
    return next();
  };
}

/** Postgres cannot store U+0000, so no name, id or filter contains it. */
export const withoutNul: Guard = async (c, next) => {
  if (/%00/.test(c.req.url))
    throw new Problem('REQUEST_INVALID', 'The URL contains U+0000, which is not allowed in names and ids.');
  return next();
};

const ESCAPES = /(?:%[0-9a-f]{2})+/gi;

/** Encoded bytes that are not UTF-8, such as `%E9`, would not be decoded, and so would name another entity. */
export const urlInUtf8: Guard = async (c, next) => {
  if (c.req.url.includes('%') && !(c.req.url.match(ESCAPES) ?? []).every(isUtf8))
    throw new Problem('REQUEST_INVALID', 'The URL contains percent-encoded bytes that are not valid UTF-8.');
  return next();
};

function isUtf8(escapes: string): boolean {
  try {
    decodeURIComponent(escapes);
    return true;
  } catch {
    return false;
  }
}

/**
 * A server that hangs never refuses the connection, so the wait has a limit. Long work stops when the limit is reached and
 * when the client hangs up: see `stopped`.
 */
export function answeredInTime(clock: Clock): Guard {
  return async (c, next) => {
    const stop = new AbortController();
    c.set('stopped', stop.signal);
    c.req.raw.signal.addEventListener('abort', () => stop.abort(clientGone()), { once: true });
    await within({ clock, limitMs: ANSWER_MS }, next(), () => {
      const problem = c.env.incoming.complete ? tooSlow() : bodyTooSlow();
      stop.abort(problem);
      throw problem;
    });
  };
}

function tooSlow(): Problem {
  return new Problem(
    'TOO_SLOW',
    `The request took longer than ${ANSWER_MS / 1_000} s: Postgres or Redis is slow or not responding.`,
  );
}

function bodyTooSlow(): Problem {
  return new Problem(
    'BODY_TOO_SLOW',
    `The body of the request did not arrive within ${ANSWER_MS / 1_000} s: send it faster, or as several smaller requests.`,
    { headers: { connection: 'close' } },
  );
}

/** No client receives it. */
function clientGone(): Problem {
  return new Problem('REQUEST_INVALID', 'The client closed the connection before the response.');
}

/** While the process stops, connections end with their response: the next request of a client would be cut off, or delay the stop. */
export function lastResponses(isStopping: () => boolean): Guard {
  return async (c, next) => {
    await next();
    if (isStopping()) c.res.headers.set('connection', 'close');
  };
}

const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** Sets the headers of every response, including problems. Before the response exists, which is much cheaper than after. */
export const safeHeaders: Guard = (c, next) => {
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
  return next();
};

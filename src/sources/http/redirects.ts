// URLs in responses: of redirects, and of next pages. Requests carry secrets, which must not reach another host.

import type { IncomingHttpHeaders } from 'node:http';
import { safe, text } from '../../core/message.ts';
import { HttpProblem } from './problem.ts';

export const REDIRECTS_MAX = 5;

/** The target of a redirect; null for any other response. */
export function redirectOf(status: number, headers: IncomingHttpHeaders): string | null {
  return [301, 302, 303, 307, 308].includes(status) ? (headers.location ?? null) : null;
}

/** The URL of `what` in a response. @throws HttpProblem if it is not on the same host. */
export function urlOn(current: URL, target: string, what = 'the next page'): URL {
  const url = URL.parse(target, current.href);
  if (url?.origin === current.origin) return url;
  const host = url === null ? 'an invalid URL' : url.origin;
  throw new HttpProblem(
    'denied',
    text`${safe(what)} is on ${host}, but requests are sent only to ${safe(current.origin)}, the host of the source`,
  );
}

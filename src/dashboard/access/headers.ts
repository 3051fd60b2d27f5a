// Security headers of every response.

import type { MiddlewareHandler } from 'hono';
import type { DashboardLogin } from '../../definition/connections/dashboard-config.ts';
import type { DashboardEnv } from '../context.ts';

/** Only this server's files, and forms that post back to it. */
const PAGES = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

/** Bull Board sets styles from its script, has one inline style, and sets the base URL of its files. */
const BOARD = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
];

const ALWAYS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Not no-referrer: browsers would then send forms without an origin.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'x-robots-tag': 'noindex',
};

/** Sets the headers of every response, including refusals and errors. `url` is the public address of the dashboard. */
export function securityHeaders({ url }: Pick<DashboardLogin, 'url'>): MiddlewareHandler<DashboardEnv> {
  const isHttps = url?.startsWith('https:') === true;
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    for (const [name, value] of Object.entries(ALWAYS)) headers.set(name, value);
    const policy = c.req.path.startsWith('/queues/') ? BOARD : PAGES;
    headers.set('content-security-policy', policy.join('; '));
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    if (isHttps) headers.set('strict-transport-security', 'max-age=31536000');
  };
}

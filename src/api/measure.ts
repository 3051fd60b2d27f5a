// What the API reports to Prometheus about its requests. Labels are route templates, methods, statuses and codes, never names
// or addresses that a client chose: the number of series is bounded, and /metrics needs no token.

import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Clock } from '../core/clock.ts';
import type { Metrics } from '../observe/metrics/metrics.ts';
import type { ProblemCode } from './problem.ts';

/** The rows of a push, and how long it took until those that were accepted were durable. */
export type MeasuredPush = { readonly accepted: number; readonly refused: number; readonly storedMs: number | null };

export type ApiMeasure = {
  /** Counts and times each request that passes it. */
  readonly requests: MiddlewareHandler;
  problem(code: ProblemCode): void;
  push(push: MeasuredPush): void;
};

export const NOT_MEASURED: ApiMeasure = {
  requests: (_c, next) => next(),
  problem: () => undefined,
  push: () => undefined,
};

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function openMeasure(metrics: Pick<Metrics, 'count' | 'observe'>, clock: Clock): ApiMeasure {
  const rows = (outcome: 'accepted' | 'refused', count: number) =>
    metrics.count('millrace_api_pushed_rows_total', { outcome }, count);
  // Rates need the zero before the first push.
  for (const outcome of ['accepted', 'refused'] as const) rows(outcome, 0);
  return {
    requests: async (c, next) => {
      const start = clock.monotonicMs();
      await next();
      const labels = { route: routeOf(c), method: METHODS.has(c.req.method) ? c.req.method : 'other' };
      metrics.count('millrace_api_requests_total', { ...labels, status: String(c.res.status) });
      metrics.observe('millrace_api_request_seconds', labels, (clock.monotonicMs() - start) / 1_000);
    },
    problem: (code) => metrics.count('millrace_api_problems_total', { code }),
    push: ({ accepted, refused, storedMs }) => {
      rows('accepted', accepted);
      rows('refused', refused);
      if (storedMs !== null) metrics.observe('millrace_api_acknowledged_seconds', {}, storedMs / 1_000);
    },
  };
}

/** `/api/v1/views/{view}`, as in the OpenAPI document; `unknown` if no route matches. */
function routeOf(c: Context): string {
  const path = routePath(c, -1);
  return path.includes('*') ? 'unknown' : path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
}

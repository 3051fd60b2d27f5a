// What supervisors and Prometheus ask, of the dashboard and of the API: they have no login and no token.

import type { Context, Env, Hono } from 'hono';
import type { HealthAnswers } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics/metrics.ts';

export function addHealth<E extends Env>(app: Hono<E>, health: HealthAnswers): void {
  const answer = async (c: Context<E>, asked: () => Promise<{ readonly ok: boolean }>) => {
    const body = await asked();
    return c.json(body, body.ok ? 200 : 503);
  };
  app.get('/health/live', (c) => answer(c, health.live));
  app.get('/health/ready', (c) => answer(c, health.ready));
}

/** The metrics of these processes name no view. */
export function addMetrics<E extends Env>(app: Hono<E>, metrics: Pick<Metrics, 'answer'>): void {
  app.get('/metrics', async (c) => {
    const { type, text } = await metrics.answer();
    return c.body(text, 200, { 'content-type': type });
  });
}

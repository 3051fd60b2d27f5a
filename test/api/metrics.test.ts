import { describe, expect, test } from 'vitest';
import { openMetrics } from '../../src/observe/metrics/metrics.ts';
import { view } from '../support/views.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

/** An API with metrics, and how to read the samples of one of them. */
async function openMeasured(limits = {}) {
  const metrics = openMetrics({ kind: 'api', version: '1.2.3' });
  const world = await openApiWorld({ api: { metrics }, limits });
  await world.apply(
    view({ name: 'spend', query: `select '1' as entity_id, 1.5::float8 as value, {{end}} as timestamp` }),
    view({ name: 'score', kind: 'pushed', source: '', query: null, end: null }),
  );
  return { world, samples: (name: string) => samplesOf(world, name) };
}

async function samplesOf(world: ApiWorld, name: string): Promise<string[]> {
  const { text } = await world.ask('/metrics', { token: null });
  return text.split('\n').filter((line) => line.startsWith(`millrace_api_${name}`));
}

const T = '2026-01-05T10:00:00Z';

describe('metrics of the API', () => {
  test('count requests by route, method and status, with the routes of the OpenAPI document', async () => {
    const { world, samples } = await openMeasured();
    await world.ask('/api/v1/views/spend/entities/17');
    await world.ask('/api/v1/views/spend/entities/18');
    await world.ask('/api/v1/views/other/entities/17');
    await world.ask('/api/v1/views', { token: null });
    await world.ask('/api/v1/online', { text: '{' });
    await world.ask('/health/live', { token: null });
    expect((await samples('requests_total')).toSorted()).toEqual([
      'millrace_api_requests_total{route="/api/v1/online",method="POST",status="400"} 1',
      'millrace_api_requests_total{route="/api/v1/views",method="GET",status="401"} 1',
      'millrace_api_requests_total{route="/api/v1/views/{view}/entities/{id}",method="GET",status="200"} 2',
      'millrace_api_requests_total{route="/api/v1/views/{view}/entities/{id}",method="GET",status="404"} 1',
    ]);
    expect(await samples('request_seconds_count{route="/api/v1/views/{view}/entities/{id}"')).toEqual([
      'millrace_api_request_seconds_count{route="/api/v1/views/{view}/entities/{id}",method="GET"} 3',
    ]);
    expect((await samples('problems_total')).toSorted()).toEqual([
      'millrace_api_problems_total{code="NOT_FOUND"} 1',
      'millrace_api_problems_total{code="REQUEST_INVALID"} 1',
      'millrace_api_problems_total{code="TOKEN_REQUIRED"} 1',
    ]);
  });

  test('have one series for all addresses and methods that do not exist', async () => {
    const { world, samples } = await openMeasured();
    for (const path of ['/', '/a', '/api/v1/b', '/api/v1/views/spend/none/c']) await world.ask(path);
    for (const method of ['PROPFIND', 'PURGE', 'MKCOL']) await world.ask('/d', { method });
    expect((await samples('requests_total')).toSorted()).toEqual([
      'millrace_api_requests_total{route="unknown",method="GET",status="404"} 4',
      'millrace_api_requests_total{route="unknown",method="other",status="404"} 3',
    ]);
  });

  test('count requests over the limit of a token', async () => {
    const { world, samples } = await openMeasured({ requestsPerSecond: 1 });
    await Promise.all(Array.from({ length: 20 }, () => world.ask('/api/v1/views')));
    const [limited = ''] = await samples('problems_total{code="RATE_LIMITED"}');
    expect(Number(limited.split(' ').at(-1))).toBeGreaterThan(10);
  });

  test('count pushed rows, and time their acknowledgement', async () => {
    const { world, samples } = await openMeasured();
    expect(await samples('pushed_rows_total')).toEqual([
      'millrace_api_pushed_rows_total{outcome="accepted"} 0',
      'millrace_api_pushed_rows_total{outcome="refused"} 0',
    ]);
    const [good, bad] = [1, 'much'].map((score) => ({ entity_id: '1', timestamp: T, score }));
    const push = (rows: readonly unknown[], query = '', headers = {}) =>
      world.ask(`/api/v1/views/score/rows${query}`, { token: 'pusher', body: { rows }, headers });
    const key = { 'idempotency-key': 'once' };
    const statuses = [await push([good, good], '', key), await push([good, good], '', key), await push([good, bad])];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect((await push([good, bad], '?partial=true')).status).toBe(200);
    expect(await samples('pushed_rows_total')).toEqual([
      'millrace_api_pushed_rows_total{outcome="accepted"} 3',
      'millrace_api_pushed_rows_total{outcome="refused"} 2',
    ]);
    expect(await samples('acknowledged_seconds_count')).toEqual(['millrace_api_acknowledged_seconds_count 2']);
  });
});

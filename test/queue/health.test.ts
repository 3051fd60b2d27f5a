import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { startHealth } from '../../src/observe/health.ts';
import { until } from '../support/until.ts';

const healthy = async () => 'PONG';

async function asked(url: string): Promise<{ status: number; body: { eventLoopDelayMs: number } }> {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as { eventLoopDelayMs: number } }; // for one of them
}

describe('startHealth', () => {
  test('reports that a process is alive and ready', async () => {
    await using health = await startHealth({
      port: 0,
      checks: { redis: healthy, postgres: healthy },
      clock: systemClock,
    });
    expect((await asked(`${health.url}/health/live`)).status).toBe(200);
    expect(await asked(`${health.url}/health/ready`)).toEqual({
      status: 200,
      body: { ok: true, redis: 'ok', postgres: 'ok' },
    });
    expect((await fetch(`${health.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${health.url}/health/live`, { method: 'POST' })).status).toBe(404);
  });

  test('names the server that does not respond, without foreign text', async () => {
    const checks = {
      redis: () => new Promise(() => {}),
      postgres: () => Promise.reject(new Failure('OFFLINE_UNAVAILABLE', 'Postgres is away.')),
      other: () => Promise.reject(new Error('password=hunter2')),
    };
    await using health = await startHealth({ port: 0, checks, clock: systemClock });
    expect(await asked(`${health.url}/health/ready`)).toEqual({
      status: 503,
      body: {
        ok: false,
        redis: 'no response within 2 s',
        postgres: 'Postgres is away.',
        other: 'it returned an error',
      },
    });
  });

  test('reports a process as dead if its event loop is blocked most of the time', async () => {
    await using health = await startHealth({ port: 0, checks: {}, clock: systemClock });
    const live = () => asked(`${health.url}/health/live`);
    await until(async () => (await live()).body.eventLoopDelayMs > 0); // it has begun to measure
    const end = performance.now() + 1_500;
    while (performance.now() < end);
    await until(async () => (await live()).status === 503);
    expect((await live()).body.eventLoopDelayMs).toBeGreaterThan(1_000);
  });

  test('refuses a port that is taken', async () => {
    await using health = await startHealth({ port: 0, checks: {}, clock: systemClock });
    const port = Number(new URL(health.url).port);
    await expect(startHealth({ port, checks: {}, clock: systemClock })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
    });
  });
});

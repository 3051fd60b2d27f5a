// The dashboard while servers are unavailable, and what it never reveals.

import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { NO_LOGIN } from '../../src/definition/connections/dashboard-config.ts';
import { startProjectDashboard } from '../../src/processes/processes.ts';
import { startPostgres } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { slowTest } from '../support/sample.ts';
import { until } from '../support/until.ts';
import { openWorld } from '../support/world.ts';
import { ask, databaseAt, openDashboardWorld } from './server-world.ts';

const cleanups: (() => PromiseLike<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('startDashboard', () => {
  slowTest('starts while Postgres is unavailable, says so on each page, and recovers', async () => {
    const postgres = await startPostgres();
    cleanups.push(() => postgres[Symbol.asyncDispose]());
    const url = await postgres.createDatabase('millrace');
    const database = databaseAt(url);
    cleanups.unshift(async () => database[Symbol.asyncDispose]());
    await migrate(database);
    await postgres.stop();
    const world = await openDashboardWorld({ database });
    for (const path of ['/', '/runs', '/runs/17', '/views/spend', '/backfills', '/quarantine']) {
      const { status, body } = await world.ask(path);
      expect([path, status, body]).toEqual([path, 503, expect.stringContaining('The offline store')]);
      expect(body).toContain('<h1>Unavailable</h1>');
    }
    const ready = await world.ask('/health/ready');
    expect([ready.status, JSON.parse(ready.body)]).toEqual([503, { ok: false, postgres: expect.any(String) }]);
    expect((await world.ask('/health/live')).status).toBe(200);
    expect((await world.ask('/assets/dashboard.css')).status).toBe(200);
    await postgres.start();
    expect((await world.ask('/runs')).status).toBe(200);
    expect((await world.ask('/health/ready')).status).toBe(200);
  });

  test('says what to do where nothing has been applied, and shows pages once something has', async () => {
    const world = await openDashboardWorld({ isEmpty: true });
    const { status, body } = await world.ask('/');
    expect([status, body]).toEqual([503, expect.stringContaining('run &quot;millrace apply&quot;')]);
    await migrate(world.database);
    expect((await world.ask('/')).status).toBe(200);
  });

  slowTest('says that Postgres does not respond before a browser gives up', async () => {
    const after: typeof systemClock.after = (ms, work) => systemClock.after(ms === 15_000 ? 300 : ms, work);
    const world = await openDashboardWorld({ clock: { ...systemClock, after } });
    await world.database.transaction(async (session) => {
      await session.run('lock table millrace.view, millrace.run in access exclusive mode');
      const { status, body } = await world.ask('/runs');
      expect([status, body]).toEqual([503, expect.stringContaining('The page took longer than 15 s')]);
    });
    expect((await world.ask('/runs')).status).toBe(200);
  });

  slowTest('keeps serving other pages and health checks while pages wait for a table', async () => {
    const state = await openWorld({ settings: { statePoolMax: 3, pageStatementMs: 3_000 } });
    cleanups.unshift(async () => state[Symbol.asyncDispose]());
    const { url, ...dashboard } = await startProjectDashboard(state.app, {
      project: 'shop',
      version: '0.0.0',
      login: NO_LOGIN,
      defaultRole: 'viewer',
      host: '127.0.0.1',
      port: 0,
    });
    cleanups.unshift(async () => dashboard[Symbol.asyncDispose]());
    await ask(url, '/quarantine');
    await state.app.database.transaction(async (session) => {
      await session.run('lock table millrace.backfill in access exclusive mode');
      const stuck = Promise.all(Array.from({ length: 3 }, () => ask(url, '/backfills')));
      const waiting = async () =>
        (await session.query(`select from pg_locks where not granted and relation = 'millrace.backfill'::regclass`))
          .length;
      await until(async () => (await waiting()) === 3);
      const ready = await ask(url, '/health/ready');
      expect([ready.status, JSON.parse(ready.body)]).toEqual([200, { ok: true, postgres: 'ok' }]);
      for (const { status, body } of await stuck) {
        expect([status, body]).toEqual([503, expect.stringContaining('another session holds a lock')]);
      }
      expect((await ask(url, '/quarantine')).status).toBe(200);
    });
    expect((await ask(url, '/backfills')).status).toBe(200);
  });

  test('refuses a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => other.close());
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(openDashboardWorld({ port })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(/^The dashboard cannot listen on 127\.0\.0\.1:\d+ .*: choose another/),
    });
  });

  test('answers to the host name in millrace.yaml and to no other', async () => {
    const login = { url: 'https://millrace.example.org', users: {}, proxy: null };
    const world = await openDashboardWorld({ login, defaultRole: 'operator' });
    const ask = (host: string) => world.ask('/', { headers: { host } });
    expect((await ask('millrace.example.org')).status).toBe(200);
    expect((await ask('Millrace.Example.org:443')).status).toBe(200);
    expect((await ask('millrace.example.org:80')).status).toBe(403);
    expect((await ask('ada@millrace.example.org')).status).toBe(400);
    expect((await ask('localhost:8080')).status).toBe(200);
    expect((await ask('[::1]:8080')).status).toBe(200);
    for (const host of ['evil.example', 'millrace.example.org.evil.example', 'localhost.evil.example']) {
      expect([host, (await ask(host)).status]).toEqual([host, 403]);
    }
    const post = (origin: string, host = '127.0.0.1:3000') =>
      world.ask('/runs/17/retry', { method: 'POST', headers: { host, origin } });
    expect((await post('http://localhost', 'LOCALHOST:80')).status).toBe(404);
    expect((await post('https://millrace.example.org')).status).toBe(404);
    expect((await post('https://evil.example')).status).toBe(403);
    expect((await ask('localhost')).headers['strict-transport-security']).toBe('max-age=31536000');
  });

  test('reads the user of a proxy from the bytes of one header', async () => {
    const proxy = { header: 'x-forwarded-user', from: ['127.0.0.1'], operators: [] };
    const world = await openDashboardWorld({ login: { url: null, users: {}, proxy } });
    const ask = (...names: string[]) => world.ask('/runs', { headers: { 'X-Forwarded-User': names } });
    const { status, body } = await ask(Buffer.from('Lovelace, José').toString('latin1'));
    expect([status, body]).toEqual([200, expect.stringContaining('Lovelace, José')]);
    expect((await ask('ada', 'vic')).status).toBe(401);
  });

  test('logs a bug, and shows only that there is one on the page', async () => {
    const world = await openDashboardWorld();
    await world.ask('/runs');
    await world.database.run('alter table millrace.run rename to elsewhere');
    const { status, body } = await world.ask('/runs');
    expect([status, body]).toEqual([500, expect.stringContaining('This is a bug in Millrace')]);
    expect(body).not.toContain('millrace.run');
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'dashboard.defect', path: '/runs' }));
  });
});

import { request } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { startApi } from '../../src/api/server.ts';
import { silentLog } from '../../src/core/log.ts';
import { NO_TOKENS } from '../../src/definition/connections/api-config.ts';
import { openMetrics } from '../../src/observe/metrics/metrics.ts';
import { reportAlive } from '../../src/state/processes.ts';
import { identity } from '../queue/world.ts';
import { view } from '../support/views.ts';
import { type ApiWorld, type Asked, accessOf, openApiWorld, type TokenName } from './world.ts';

let world: ApiWorld;

beforeAll(async () => {
  world = await openApiWorld({
    api: { metrics: openMetrics({ kind: 'api', version: '0' }) },
    limits: { bodyBytes: 10_000 },
  });
  const query = `select '1' as entity_id, 1::float8 as value, {{end}} as timestamp`;
  await world.apply(view({ name: 'spend', query }), view({ name: 'signal', tags: ['signals'], query }));
  await reportAlive(world.app.database, identity('worker'));
  // Run 1 and backfill 1, for the routes about one.
  const ask = (path: string) => world.ask(path, { token: 'operator', body: { mode: 'all' } });
  expect((await ask('/api/v1/views/spend/backfill')).body).toMatchObject({ backfill: 1 });
});

type Route = {
  readonly name: string;
  readonly role: 'read' | 'push' | 'operate';
  readonly path: string;
  readonly method?: string;
  readonly body?: unknown;
};

/** Every route, about the view `spend`. */
const ROUTES: readonly Route[] = [
  {
    name: 'online',
    role: 'read',
    path: '/api/v1/online',
    body: { features: ['spend'], entities: { customer: ['1'] } },
  },
  { name: 'entity', role: 'read', path: '/api/v1/views/spend/entities/1' },
  {
    name: 'as-of',
    role: 'read',
    path: '/api/v1/as-of',
    body: { features: ['spend'], pairs: [{ entity_id: '1', at: '2026-01-02' }] },
  },
  { name: 'views', role: 'read', path: '/api/v1/views' },
  { name: 'view', role: 'read', path: '/api/v1/views/spend' },
  { name: 'runs', role: 'read', path: '/api/v1/runs' },
  { name: 'run', role: 'read', path: '/api/v1/runs/1' },
  { name: 'backfills', role: 'read', path: '/api/v1/backfills' },
  { name: 'backfill', role: 'read', path: '/api/v1/backfills/1' },
  { name: 'intervals', role: 'read', path: '/api/v1/intervals?view=spend' },
  { name: 'push rows', role: 'push', path: '/api/v1/views/spend/rows', body: { rows: [{}] } },
  { name: 'push a value', role: 'push', path: '/api/v1/features/spend/values', body: {} },
  { name: 'push values', role: 'push', path: '/api/v1/features/batch', body: [{ feature_id: 'spend' }] },
  { name: 'run a view', role: 'operate', path: '/api/v1/views/spend/run', method: 'POST' },
  { name: 'retry', role: 'operate', path: '/api/v1/runs/1/retry', method: 'POST' },
  { name: 'start a backfill', role: 'operate', path: '/api/v1/views/spend/backfill', body: {} },
  { name: 'control a backfill', role: 'operate', path: '/api/v1/backfills/1/pause', method: 'POST' },
  { name: 'restate', role: 'operate', path: '/api/v1/views/spend/restate', body: {} },
  { name: 'pause', role: 'operate', path: '/api/v1/views/spend/pause', body: {} },
  { name: 'resume', role: 'operate', path: '/api/v1/views/spend/resume', method: 'POST' },
];

const codeOf = async (route: Route, token: TokenName | null, headers: Record<string, string> = {}) => {
  const answer = await world.ask(route.path, {
    token,
    headers,
    ...(route.method === undefined ? {} : { method: route.method }),
    ...(route.body === undefined ? {} : { body: route.body }),
  });
  return answer.body?.code === undefined ? answer.status : `${answer.status} ${answer.body.code}`;
};

describe('a route', () => {
  test.each(ROUTES)('$name answers only to tokens that allow it', async (route) => {
    const allowed = { read: 'reader', push: 'pusher', operate: 'operator' } as const;
    const others = { read: ['pusher'], push: ['reader', 'operator'], operate: ['reader', 'pusher'] } as const;
    expect(await codeOf(route, null)).toBe('401 TOKEN_REQUIRED');
    expect(await codeOf(route, null, { authorization: 'Bearer mlr_wrong' })).toBe('401 TOKEN_UNKNOWN');
    expect(await codeOf(route, null, { authorization: `Bearer mlr_${'A'.repeat(43)}` })).toBe('401 TOKEN_UNKNOWN');
    expect(await codeOf(route, null, { authorization: 'Basic YTpi' })).toBe('401 TOKEN_UNKNOWN');
    for (const other of others[route.role]) expect(await codeOf(route, other)).toBe('403 ROLE_MISSING');
    expect(String(await codeOf(route, allowed[route.role]))).not.toMatch(/^(?:40[13]|5)/);
  });

  const LISTS = ['views', 'runs', 'backfills'];
  const scopedTokens = { read: 'scoped', push: 'scopedPusher', operate: 'scopedOperator' } as const;

  test.each(ROUTES.filter(({ name }) => !LISTS.includes(name)))(
    '$name refuses a token of other views',
    async (route) => {
      expect(await codeOf(route, scopedTokens[route.role])).toBe('403 VIEW_FORBIDDEN');
    },
  );

  test.each(ROUTES.filter(({ name }) => LISTS.includes(name)))(
    '$name lists only what the token can use',
    async ({ path, name }) => {
      const { body } = await world.ask(path, { token: 'scoped' });
      expect(body[name].filter((one: { name?: string; view?: string }) => (one.name ?? one.view) === 'spend')).toEqual(
        [],
      );
    },
  );

  test.each([
    ['/api/v1/views/spent', 'scoped', undefined],
    ['/api/v1/views/spent/entities/1', 'scoped', undefined],
    ['/api/v1/runs?view=spent', 'scoped', undefined],
    ['/api/v1/backfills?view=spent', 'scoped', undefined],
    ['/api/v1/intervals?view=spent', 'scoped', undefined],
    ['/api/v1/online', 'scoped', { features: ['spent'], entities: { customer: ['1'] } }],
    ['/api/v1/as-of', 'scoped', { features: ['spent'], pairs: [{ entity_id: '1', at: '2026-01-02' }] }],
    ['/api/v1/views/spent/rows', 'scopedPusher', { rows: [{}] }],
    ['/api/v1/features/spent/values', 'scopedPusher', {}],
    ['/api/v1/features/batch', 'scopedPusher', [{ feature_id: 'spent' }]],
  ] as const)('%s suggests only views that the token can use', async (path, token, body) => {
    const asked = (by: TokenName) => world.ask(path, { token: by, ...(body === undefined ? {} : { body }) });
    const { status, text } = await asked(token);
    expect([status, text]).toEqual([404, expect.not.stringContaining('spend')]);
    expect((await asked(token === 'scoped' ? 'reader' : 'pusher')).text).toContain('spend');
  });

  test.each(['runs', 'backfills'])('lists the newest %s of the views that the token can use', async (list) => {
    await using other = await openApiWorld();
    const query = `select '1' as entity_id, 1::float8 as value, {{end}} as timestamp`;
    await other.apply(view({ name: 'spend', query }), view({ name: 'signal', tags: ['signals'], query }));
    await reportAlive(other.app.database, identity('worker'));
    for (const name of ['signal', 'spend']) {
      const path = `/api/v1/views/${name}/backfill`;
      expect((await other.ask(path, { token: 'operator', body: { mode: 'all' } })).status).toBe(202);
      await other.plan(name);
    }
    const { body } = await other.ask(`/api/v1/${list}?limit=1`, { token: 'scoped' });
    expect(body[list].map((one: { view: string }) => one.view)).toEqual(['signal']);
  });

  test('is documented, and all documented routes are tried here', async () => {
    const { body } = await world.ask('/api/v1/openapi.json', { token: null });
    const documented = Object.keys(body.paths).map((path) =>
      path
        .replace(/\{view\}|\{feature\}/g, 'spend')
        .replace('{id}', '1')
        .replace('{control}', 'pause'),
    );
    expect(new Set(ROUTES.map(({ path }) => path.split('?')[0]))).toEqual(new Set(documented));
  });
});

describe('a response', () => {
  const ONLINE = { features: ['spend'], entities: { customer: ['1'] } };

  test.each<readonly [what: string, status: number, path: string, asked: Asked]>([
    ['of a route', 200, '/api/v1/online', { body: ONLINE }],
    ['to HEAD', 200, '/api/v1/views', { method: 'HEAD' }],
    ['with the document', 200, '/api/v1/openapi.json', { token: null }],
    ['with the page', 200, '/api/v1/docs', { token: null }],
    ['about health', 200, '/health/live', { token: null }],
    ['with metrics', 200, '/metrics', { token: null }],
    ['to a body that is no JSON', 400, '/api/v1/online', { text: '{' }],
    ['to a body of another shape', 400, '/api/v1/online', { body: {} }],
    ['without a token', 401, '/api/v1/views', { token: null }],
    ['to another role', 403, '/api/v1/views', { token: 'pusher' }],
    ['to a page', 403, '/api/v1/views', { headers: { origin: 'http://evil.example' } }],
    ['about an unknown view', 404, '/api/v1/views/none', {}],
    ['to an unknown route', 404, '/api/v1/none', {}],
    ['outside of the API', 404, '/none', {}],
    ['to another method', 405, '/api/v1/views', { method: 'PUT', body: {} }],
    ['to OPTIONS', 405, '/api/v1/views', { method: 'OPTIONS' }],
    ['to a large body', 413, '/api/v1/online', { text: 'x'.repeat(10_001) }],
    ['to another media type', 415, '/api/v1/online', { text: 'x', headers: { 'content-type': 'text/plain' } }],
    ['about a damaged key', 500, '/api/v1/views/spend/entities/damaged', {}],
  ])('%s is neither stored, embedded nor read as another type', async (_, status, path, asked) => {
    await world.app.online.redis.send([['SET', 'mr:spend:damaged', 'x']]);
    const answer = await world.ask(path, asked);
    expect({ status: answer.status, ...Object.fromEntries(answer.headers) }).toMatchObject({
      status,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'referrer-policy': 'no-referrer',
    });
  });
});

describe('without tokens', () => {
  const start = (host: string) =>
    startApi({
      project: 'shop',
      version: '0',
      database: world.app.database,
      reads: world.app.database,
      online: world.app.online,
      clock: world.app.clock,
      log: silentLog,
      defined: [],
      services: [],
      openQueues: () => world.app.openQueues(),
      access: NO_TOKENS,
      host,
      port: 0,
    });

  test('it does not listen where others could reach it', async () => {
    await expect(start('0.0.0.0')).rejects.toThrow(
      'The API has no tokens, and 0.0.0.0 can be reached from other machines',
    );
  });

  test('it reads, for local programs only', async () => {
    await using api = await start('127.0.0.1');
    const statusOf = (headers: Record<string, string>) =>
      new Promise((resolve) => {
        request(`${api.url}/api/v1/views`, { headers }, (answer) => resolve(answer.resume().statusCode)).end();
      });
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ host: 'evil.example' })).toBe(403);
    expect(await statusOf({ origin: 'http://evil.example' })).toBe(403);
    expect(await statusOf({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  });
});

describe('limits', () => {
  test('of requests per second hold for each token', async () => {
    await using limited = await openApiWorld({ limits: { requestsPerSecond: 3 } });
    const ask = async (token: TokenName) => (await limited.ask('/api/v1/openapi.jso', { token })).status;
    expect([await ask('reader'), await ask('reader'), await ask('reader'), await ask('reader')]).toEqual([
      404, 404, 404, 429,
    ]);
    expect(await ask('operator')).toBe(404);
  });

  test('of bodies are answered with 413', async () => {
    await using limited = await openApiWorld({ limits: { bodyBytes: 2_000 } });
    const body = { features: ['spend'], entities: { customer: ['x'.repeat(3_000)] } };
    const { status, body: problem } = await limited.ask('/api/v1/online', { body });
    expect([status, problem.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });
});

describe('a token', () => {
  test('needs a hash printed by "millrace api token"', async () => {
    const access = accessOf();
    const tokens = { ...access.tokens, broken: { hash: 'secret', role: 'read', views: null } as const };
    await expect(openApiWorld({ api: { access: { ...access, tokens } } })).rejects.toThrow(
      'The environment variable for the token broken does not contain a token hash',
    );
  });
});

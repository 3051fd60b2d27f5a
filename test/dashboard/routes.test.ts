// Every route with every kind of visitor: who can see it, who can change something, and from which origin.

import { createRequire } from 'node:module';
import { beforeAll, describe, expect, test } from 'vitest';
import { sampleOf } from '../support/sample.ts';
import { ADA, basic, type DashboardWorld, loginOfTwo, openDashboardWorld, VIC } from './server-world.ts';

type BoardRoute = { readonly method: string | string[]; readonly route: string | string[] };

// From the package's own list, so that new routes are tested as well.
const { appRoutes } = createRequire(import.meta.url)('@bull-board/api/dist/routes.js') as {
  appRoutes: { entryPoint: BoardRoute; api: BoardRoute[] };
}; // its types do not say so

const RETRY = '/api/queues/:queueName/:jobId/retry';
const PAGES = ['/', '/runs', '/backfills', '/quarantine', '/audit', '/catalogue', '/lineage'];
/** The assets are public; the login page needs them. */
const ASSETS = ['dashboard.css', 'board.css', 'dashboard.js', 'icon.svg', 'idiomorph.js'].map(
  (file) => `/assets/${file}`,
);
const ABSENT = [
  '/views/nothing',
  '/views/nothing/values',
  '/runs/17',
  '/backfills/17',
  '/nowhere',
  '/queuesque',
  '/assets/nothing',
  '/assets/..%2fserver.ts',
  '/queues/static/nothing.js',
  '/queues/static/..%2f..%2fpackage.json',
  '/queues/static/%2e%2e/index.ejs',
];
const ACTIONS = [
  '/runs/17/retry',
  '/views/nothing/pause',
  '/views/nothing/resume',
  '/views/nothing/rebuild',
  '/views/nothing/restate',
  '/views/nothing/backfill',
  '/backfills/17/pause',
  '/backfills/17/resume',
  '/backfills/17/cancel',
];

type Route = { readonly method: string; readonly path: string; readonly viewer: number; readonly operator: number };

function boardRoutes(): Route[] {
  return [appRoutes.entryPoint, ...appRoutes.api].flatMap(({ method, route }) =>
    [method].flat().flatMap((verb) =>
      [route].flat().map((pattern) => {
        const path = `/queues${pattern}`
          .replace(':queueName', 'run')
          .replace(':jobId', 'none')
          .replace(/:\w+/, 'failed');
        const isRead = verb === 'get';
        const isOfJob = pattern.startsWith('/api/') && pattern.includes(':jobId') && !pattern.endsWith('/logs');
        const read = isOfJob ? 404 : 200;
        const write = pattern === RETRY ? 404 : 403;
        return { method: verb.toUpperCase(), path, viewer: isRead ? read : 403, operator: isRead ? read : write };
      }),
    ),
  );
}

const ROUTES: readonly Route[] = [
  ...[...PAGES, ...ASSETS].map((path) => ({ method: 'GET', path, viewer: 200, operator: 200 })),
  ...ABSENT.map((path) => ({ method: 'GET', path, viewer: 404, operator: 404 })),
  ...ACTIONS.map((path) => ({ method: 'POST', path, viewer: 403, operator: 404 })),
  ...boardRoutes(),
];

function operatorOf(route: Route): string {
  return `operator ${ROUTES.indexOf(route)}`;
}

/** Bull Board alone may set a base, load a font, and have one inline style. */
const POLICIES = {
  ours: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  board:
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'",
};

const headersOf = (path: string) => ({
  'content-security-policy': path.startsWith('/queues/') ? POLICIES.board : POLICIES.ours,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': expect.stringMatching(/^(no-store|private, max-age=300)$/),
});

const WRONG = { name: 'ada', password: 'not her password' };
const UNKNOWN = { name: 'unknown', password: 'a password of ada' };

describe('every route', () => {
  let world: DashboardWorld;

  beforeAll(async () => {
    const login = await loginOfTwo();
    // Wrong passwords are counted by name, so each route gets its own operator.
    const others = ROUTES.map((route) => [operatorOf(route), login.users['ada'] ?? expect.fail()] as const);
    world = await openDashboardWorld({ login: { ...login, users: { ...login.users, ...Object.fromEntries(others) } } });
  });

  /** The status for each kind of visitor. */
  async function statusesOf(route: Route) {
    const { method, path } = route;
    const status = async (headers: Record<string, string>) => {
      const answer = await world.ask(path, { method, headers: { host: new URL(world.url).host, ...headers } });
      expect(answer.headers).toMatchObject(headersOf(path));
      return answer.status;
    };
    const ours = { origin: world.url, 'sec-fetch-site': 'same-origin' };
    const ada = basic(ADA);
    return {
      anonymous: await status(ours),
      wrongPassword: await status({ ...ours, ...basic({ ...WRONG, name: operatorOf(route) }) }),
      unknownName: await status({ ...ours, ...basic({ ...ADA, name: `not ${operatorOf(route)}` }) }),
      viewer: await status({ ...ours, ...basic(VIC) }),
      operator: await status({ ...ours, ...ada }),
      otherOrigin: await status({ ...ada, origin: 'https://evil.example' }),
      otherSite: await status({ ...ada, origin: world.url, 'sec-fetch-site': 'cross-site' }),
      nullOrigin: await status({ ...ada, origin: 'null' }),
      noOrigin: await status(ada),
      otherHost: await status({ ...ours, ...ada, host: 'evil.example' }),
    };
  }

  test.each(sampleOf(ROUTES, ({ path }) => !path.startsWith('/queues/')))('$method $path', async (route) => {
    const elsewhere = route.method === 'GET' ? route.operator : 403;
    const stranger = ASSETS.includes(route.path) ? 200 : 401;
    expect(await statusesOf(route)).toEqual({
      anonymous: stranger,
      wrongPassword: stranger,
      unknownName: stranger,
      viewer: route.viewer,
      operator: route.operator,
      otherOrigin: elsewhere,
      otherSite: elsewhere,
      nullOrigin: elsewhere,
      noOrigin: elsewhere,
      otherHost: 403,
    });
  });

  test.each([WRONG, UNKNOWN])('refuses $name with $password', async (given) => {
    const other = await openDashboardWorld({ login: await loginOfTwo() });
    const answers = [];
    for (const path of ['/', '/runs', '/queues/', '/assets/nothing', '/queues/api/queues']) {
      answers.push(await other.ask(path, { headers: basic(given) }));
    }
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(answers[0]?.headers['www-authenticate']).toBe('Basic realm="Millrace", charset="UTF-8"');
    expect(answers[0]?.body).toContain('The user name or password is wrong.');
    // Neither links that lead nowhere, nor a script that keeps polling.
    expect(answers[0]?.body).not.toMatch(/<nav|<script/);
    expect(answers[0]?.body).toContain('<link rel="stylesheet" href="/assets/dashboard.css">');
  });

  test.each(['/health/live', '/health/ready'])('%s asks for no login', async (path) => {
    const { status, headers, body } = await world.ask(path, { headers: { host: '10.0.0.7:3000' } });
    expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ ok: true })]);
    expect(headers).toMatchObject(headersOf(path));
  });
});

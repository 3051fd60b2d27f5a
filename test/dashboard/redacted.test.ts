// Views that were redacted later: what was stored about them before may quote values. No page shows them, regardless of
// the failure code and of the words around the value.

import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DashboardContext, DashboardEnv } from '../../src/dashboard/context.ts';
import { PAGES } from '../../src/dashboard/pages/pages.ts';
import { plantSecrets, redactPlanted } from '../support/plant-secrets.ts';
import {
  ofCode,
  PLANTED,
  type Planted,
  planted,
  SAMPLED_CODES,
  SECRETS,
  secretOf,
  secretsIn,
} from '../support/planted-secret.ts';
import { openWorld, type World } from '../support/world.ts';
import { type DashboardWorld, openDashboardWorld } from './server-world.ts';

let state: World;
let world: DashboardWorld;

beforeAll(async () => {
  state = await openWorld();
  await plantSecrets(state);
  world = await openDashboardWorld({ database: state.app.database, defaultRole: 'operator' });
});
afterAll(() => state[Symbol.asyncDispose]());

/** All pages of a list. */
async function pagesFrom(path: string): Promise<string> {
  let all = '';
  for (let next: string | undefined = path; next !== undefined; ) {
    const { status, body } = await world.ask(next);
    expect([next, status]).toEqual([next, 200]);
    all += body;
    next = /<a rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
  }
  return all;
}

/** Lists with a row of each combination. */
const LISTS = ['/runs', '/runs?state=failed', '/quarantine?view=many&reason=VALUE_INVALID'];
/** Pages that show the first ones. */
const SUMMARIES = [
  '/',
  '/quarantine',
  '/backfills',
  `/backfills/${planted.many.backfill}`,
  '/views/many',
  '/views/stored',
  '/views/stored/values',
];
const OTHERS = ['/catalogue', '/lineage', '/grid', '/audit', '/entities'];

function pagesOf(one: Planted): string[] {
  const [failed, waiting, paused] = [planted.failed(one), planted.waiting(one), planted.paused(one)];
  return [
    ...[failed, waiting, paused].map(({ view }) => `/views/${view}`),
    ...[failed, waiting].map(({ id }) => `/runs/${id}`),
    `/runs/${planted.stored.run(one)}`,
    `/backfills/${failed.id}`,
  ];
}

describe('what was stored about a view', () => {
  beforeAll(() => redactPlanted(state, false));

  test.each(LISTS)('is on %s while the view is not redacted', async (path) => {
    expect(secretsIn(await pagesFrom(path))).toEqual(SECRETS);
  });

  test.each(SUMMARIES)('is on %s while the view is not redacted', async (path) => {
    expect(secretsIn(await pagesFrom(path))).not.toEqual([]);
  });

  test('is on the pages of the view, of its runs and its backfill', async () => {
    for (const one of ofCode('SOURCE_QUERY')) {
      for (const path of pagesOf(one)) {
        expect([path, secretsIn(await pagesFrom(path))]).toEqual([path, [secretOf(one)]]);
      }
    }
  });
});

test('all pages are tried here', () => {
  const app = new Hono<DashboardEnv>();
  for (const add of PAGES) add(app, {} as DashboardContext); // only requests use it
  const tried = [...LISTS, ...SUMMARIES, ...OTHERS, ...pagesOf(PLANTED[0] as Planted)].map((path) =>
    path.replace(/\?.*/, ''),
  );
  const isTried = (path: string) => {
    const pattern = new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`);
    return tried.some((one) => pattern.test(one));
  };
  const paths = app.routes.filter(({ method }) => method === 'GET').map(({ path }) => path);
  // `/views` only redirects.
  expect(paths.filter((path) => !isTried(path))).toEqual(['/views']);
});

describe('what was stored about a redacted view', () => {
  beforeAll(() => redactPlanted(state, true));

  test.each([...LISTS, ...SUMMARIES, ...OTHERS])('is not on %s', async (path) => {
    expect(secretsIn(await pagesFrom(path))).toEqual([]);
  });

  test.each(SAMPLED_CODES)('is on no page of the view, of its runs and its backfill: %s', async (code) => {
    for (const one of ofCode(code)) {
      for (const path of pagesOf(one)) {
        const body = await pagesFrom(path);
        expect([path, secretsIn(body)]).toEqual([path, []]);
      }
    }
    const [first] = ofCode(code);
    const { body } = await world.ask(`/runs/${first && planted.failed(first).id}`);
    expect(body).toContain(`<code>${code}</code> <bdi>BUG: run 7 with SOURCE_QUERY: [redacted] is not a number</bdi>`);
  });
});

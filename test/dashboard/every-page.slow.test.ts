// What holds for every page.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOf } from './page-text.ts';
import { type Asked, type DashboardWorld, openDashboardWorld } from './server-world.ts';
import { type DashboardState, HOSTILE, openDashboardState, STATES } from './world.ts';

let state: DashboardState;
let operators: DashboardWorld;
let viewers: DashboardWorld;

beforeAll(async () => {
  state = await openDashboardState();
  const { database } = state.app;
  operators = await openDashboardWorld({ database, defaultRole: 'operator' });
  viewers = await openDashboardWorld({ database });
});
afterAll(() => state[Symbol.asyncDispose]());

async function read(path: string, world = viewers, asked: Asked = {}): Promise<string> {
  const { status, body } = await world.ask(path, asked);
  expect([path, status]).toEqual([path, 200]);
  return body;
}

const EVERY_PAGE = () => [
  '/',
  ...Object.keys(STATES).map((name) => `/views/${name}`),
  '/runs',
  `/runs/${state.runs.failed}`,
  `/runs/${state.runs.refused}`,
  '/backfills',
  `/backfills/${state.backfills.partial}`,
  '/quarantine',
  '/audit',
];

describe('every page', () => {
  test('shows hostile text as text', async () => {
    for (const path of EVERY_PAGE()) {
      const body = await read(path);
      expect([path, body.includes('<img'), /[^\P{C}\n\t]/u.test(body)]).toEqual([path, false, false]);
    }
    expect(HOSTILE).toContain('<img');
  });

  test('cuts an error of a megabyte, and says how long it is', async () => {
    const { failed } = state.runs;
    const [before] = await state.sql('select error from millrace.run where id = $1', [failed]);
    const error = { code: 'SOURCE_QUERY', message: `<b>${'x'.repeat(1_000_000)}`, owner: 'author' };
    await state.sql('update millrace.run set error = $2 where id = $1', [failed, JSON.stringify(error)]);
    const pages = await Promise.all(
      ['/runs?state=failed', '/views/scores', `/runs/${failed}`].map((path) => read(path)),
    );
    await state.sql('update millrace.run set error = $2 where id = $1', [failed, JSON.stringify(before?.['error'])]);
    for (const body of pages) {
      expect(body).toContain('&lt;b&gt;xxx');
      expect(body).toContain('… (1 MB in all)');
      expect(body.length).toBeLessThan(50_000);
    }
  });

  test('stays light where a circuit has quoted an error of a megabyte', async () => {
    const message = [{ value: 'millrace runs show 7. '.repeat(50_000) }];
    await state.sql(`update millrace.view set paused_kind = 'circuit', paused_facts = $1 where name = 'scores'`, [
      JSON.stringify({ runs: 5, run: 7, code: 'SOURCE_QUERY', message }),
    ]);
    const weights = [];
    for (const path of ['/', '/views/scores', '/backfills']) weights.push([path, (await read(path)).length < 100_000]);
    await state.sql(`update millrace.view set paused_kind = null, paused_facts = null where name = 'scores'`);
    expect(weights).toEqual([
      ['/', true],
      ['/views/scores', true],
      ['/backfills', true],
    ]);
  });

  test('has no inline style or script', async () => {
    for (const path of EVERY_PAGE()) {
      const body = await read(path);
      expect([path, body.match(/\sstyle=|<style|<script(?! type="module" src=)|\son\w+="/g)]).toEqual([path, null]);
    }
  });

  test('has unique ids, and one for each control', async () => {
    for (const path of EVERY_PAGE()) {
      const body = await read(path, operators);
      const ids = [...body.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id);
      const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
      const nameless = body.match(/<form method="post"(?![^>]* id="act-\/)[^>]*>/g);
      expect([path, twice, nameless]).toEqual([path, [], null]);
    }
  });

  test('of an unknown name suggests the nearest', async () => {
    const { status, body } = await viewers.ask('/views/spend_30');
    expect([status, textOf(body).includes('There is no view “spend_30”; did you mean spend_30d?')]).toEqual([
      404,
      true,
    ]);
    expect((await viewers.ask('/runs/99999')).status).toBe(404);
    expect((await viewers.ask('/runs?view=nonesuch')).status).toBe(404);
  });

  test('leads in three clicks from the overview to why a view is late, and to its refused rows', async () => {
    const linksOf = async (path: string) =>
      [...(await read(path)).matchAll(/href="(\/[^"#]*)/g)].map(([, to = '']) => to.replaceAll('&amp;', '&'));
    expect(await linksOf('/')).toContain('/views/late_visits');
    expect(textOf(await read('/views/late_visits'))).toContain('late_visits is 2d behind (freshness target: 6h)');
    expect(await linksOf('/')).toContain('/views/spend_30d');
    expect(await linksOf('/views/spend_30d')).toContain('/quarantine?view=spend_30d&reason=value_not_finite');
  });
});

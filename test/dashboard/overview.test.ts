// The overview of a project in a known state: views that need attention come first, with what to do.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activity, PARTS } from '../declared/incremental.ts';
import { deployJobs, job } from '../queue/world.ts';
import { at, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { rowsOf, textOf } from './page-text.ts';
import { type Asked, type DashboardWorld, openDashboardWorld } from './server-world.ts';
import { type DashboardState, openDashboardState, STATES } from './world.ts';

let state: DashboardState;
let viewers: DashboardWorld;

beforeAll(async () => {
  state = await openDashboardState();
  const { database } = state.app;
  viewers = await openDashboardWorld({ database });
});
afterAll(() => state[Symbol.asyncDispose]());

async function read(path: string, world = viewers, asked: Asked = {}): Promise<string> {
  const { status, body } = await world.ask(path, asked);
  expect([path, status]).toEqual([path, 200]);
  return body;
}

describe('the overview', () => {
  test('has every view with its state, those that need attention first', async () => {
    const rows = rowsOf(await read('/'), /views/);
    const urgent = ['basket_value', 'late_visits', 'orders', 'scores', 'stock'];
    const rest = ['contact', 'rates', 'spend_30d', 'three_years', 'visits_after'];
    const names = [...urgent, ...rest, 'old_scores'] as (keyof typeof STATES)[]; // of the object itself
    expect(rows.map(([name, one]) => [name, one])).toEqual(names.map((name) => [name, STATES[name]]));
  });

  test('shows lag against its target, the newest units, the last runs, rows, watermark and next tick of a view', async () => {
    const rows = rowsOf(await read('/'), /views/);
    expect(rows.find(([name]) => name === 'scores')).toEqual([
      'scores',
      'held',
      '2d 6h',
      '##### x #',
      '✓ ✓ ✓ ✓ ✗ ✓',
      '240',
      '2026-06-13 00:00Z',
      '2026-06-16 03:00 BST (02:00Z) nightly',
    ]);
    expect(rows.find(([name]) => name === 'late_visits')?.slice(2, 4)).toEqual(['2d of 6h late', '.'.repeat(48)]);
  });

  test('shows below a view that needs attention why, and the command', async () => {
    const text = textOf(await read('/?q=stock'));
    expect(text).toContain(
      'stock has been paused since 2026-06-15 06:30 UTC by ada: the warehouse moves; resume it with: millrace resume stock',
    );
  });

  test('has no next tick for a view that is paused', async () => {
    const rows = rowsOf(await read('/?q=stock'), /view/);
    expect(rows.map(([name, one, ...rest]) => [name, one, rest.at(-1)])).toEqual([['stock', 'paused', 'paused']]);
  });

  test('has the next tick of an incremental view for its parts', async () => {
    await using world = await openWorld();
    const { database } = world.app;
    await world.apply(activity());
    await deployJobs(database, [job({ views: ['activity'] })]);
    const body = await read('/', await openDashboardWorld({ database }));
    expect(rowsOf(body, /views/).map((row) => [row[0], row.at(-1)?.endsWith(' nightly')])).toEqual([
      ['activity', true],
      [PARTS, true],
    ]);
    expect(textOf(body)).not.toContain('No job schedules');
  });

  test('counts the views by state, and the processes', async () => {
    const text = textOf(await read('/'));
    expect(text).toContain('11 views 4 ok 2 held 1 edited 1 late 1 retired 1 paused 1 waiting 5 need attention');
    expect(text).toContain('1 scheduler and 1 worker alive');
  });

  test('names what another program did to the queues', async () => {
    const { database } = state.app;
    await database.run(`insert into millrace.queue_fault (queue, kind, found) values ('run', 'paused', '')`);
    expect(textOf(await read('/'))).toContain(
      'Another program paused the queue "run", so workers took no jobs from it. The scheduler found this',
    );
    await database.run('delete from millrace.queue_fault');
  });

  test.each([
    ['/?state=held', ['orders', 'scores']],
    ['/?state=problems&q=s', ['basket_value', 'late_visits', 'orders', 'scores', 'stock']],
    ['/?q=FINANCE', ['spend_30d']],
    ['/?job=hourly', ['late_visits', 'orders', 'rates', 'three_years', 'visits_after']],
    ['/?after=0.stock', ['contact', 'rates', 'spend_30d', 'three_years', 'visits_after', 'old_scores']],
  ])('filters and pages: %s', async (path, names) => {
    expect(rowsOf(await read(path), /view/).map(([name]) => name)).toEqual(names);
  });

  test('says so where no view is like that', async () => {
    expect(textOf(await read('/?q=nonesuch'))).toContain('No matching views. Show all views');
  });

  test('leads from every page but the first back to it, with the same filter', async () => {
    const pager = async (path: string) =>
      [...(await read(path)).matchAll(/<nav class="pager"[^>]*>(.*?)<\/nav>/g)].map(([, links = '']) => links);
    const first = (href: string) => [`<a href="${href}">First page</a>`];
    expect(await pager('/')).toEqual([]);
    expect(await pager('/?after=0.stock')).toEqual(first('/'));
    expect(await pager('/?q=s&after=0.stock')).toEqual(first('/?q=s'));
    expect(await pager('/?q=stock&after=1.zzz')).toEqual(first('/?q=stock'));
    expect(textOf(await read('/?q=stock&after=1.zzz'))).toContain('No more views.');
  });

  test('leads to the next page, and to the one after it', async () => {
    await using many = await openWorld();
    await many.apply(
      ...Array.from({ length: 120 }, (_, place) => view({ name: `v${String(place).padStart(3, '0')}` })),
    );
    const world = await openDashboardWorld({ database: many.app.database });
    const pages: (readonly [number, string[]])[] = [];
    for (let next: string | undefined = '/'; next !== undefined; ) {
      const body: string = (await read(next, world)).replaceAll('&amp;', '&');
      const links = [...body.matchAll(/<a (?:rel="next" )?href="([^"]*)">(?:First page|More views)<\/a>/g)];
      pages.push([rowsOf(body, /views/).length, links.map(([, to = '']) => to)]);
      next = /<a rel="next" href="([^"]*)"/.exec(body)?.[1];
    }
    expect(pages).toEqual([
      [50, ['/?after=1.v049']],
      [50, ['/', '/?after=1.v099']],
      [20, ['/']],
    ]);
  });

  test('has no freshness for a view of kind latest that has never succeeded, and calls it late in its time', async () => {
    await using system = await openWorld();
    await system.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-06-13 06:30Z' $$`,
    );
    await system.apply(
      view({ name: 'rates', kind: 'latest', start: at('1970-01-01'), end: null, freshnessMs: 3_600_000 }),
    );
    const world = await openDashboardWorld({ database: system.app.database });
    const row = async () => rowsOf(await read('/', world), /view/)[0]?.slice(0, 3);
    expect(await row()).toEqual(['rates', 'ok', '– of 1h']);
    await system.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-06-13 07:30:01Z' $$`,
    );
    expect(await row()).toEqual(['rates', 'late', '– of 1h late']);
    expect(textOf(await read('/', world))).toContain('rates has no data yet (freshness target: 1h):');
  });

  test('shows a firing alert, also at its view', async () => {
    await state.sql(
      `insert into millrace.alert (rule, kind, view_id, since, facts)
       select 'x', 'freshness_missed', id, millrace.now(), '{"lagMs": 7200000, "freshnessMs": 3600000}' from millrace.view where name = 'late_visits'`,
    );
    const body = await read('/');
    await state.sql('delete from millrace.alert');
    expect(textOf(body)).toContain(
      'freshness_missed since 2026-06-15 06:30Z; when detected: late_visits is 2h behind (freshness target: 1h).',
    );
    const rows = rowsOf(body, /views/).map(([name, one]) => [name, one]);
    expect(rows.filter(([, one]) => one?.includes('alert'))).toEqual([['late_visits', 'late ⚠ 1 alert']]);
  });

  test('has one line for an alert about many views', async () => {
    await state.sql(
      `insert into millrace.alert (rule, kind, view_id, since, facts)
       select 'x', 'online_rebuilt', id, millrace.now(), '{"reason": "emptied"}' from millrace.view`,
    );
    const text = textOf(await read('/'));
    await state.sql('delete from millrace.alert');
    expect(text).toContain(
      'online_rebuilt since 2026-06-15 06:30Z: 11 views: basket_value, contact, late_visits, old_scores, orders, rates and 5 more (millrace alerts)'.replace(
        '(millrace alerts)',
        '( millrace alerts )',
      ),
    );
    expect(text).not.toContain('was emptied');
  });
});

// The pages of a project in a known state: views that need attention come first, with what to do.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
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

/** The visible text of a part of a page. */
function textOf(part: string): string {
  return part
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ (?=[.,:;?”])|(?<=“) /g, '')
    .trim();
}

/** The cells of the rows of the table with this caption, without notes. */
function rowsOf(body: string, caption: RegExp): string[][] {
  const tables = [
    ...body.matchAll(/<table[^>]*>\s*<caption>([\s\S]*?)<\/caption>[\s\S]*?<tbody[^>]*>([\s\S]*?)<\/tbody>/g),
  ];
  const found = tables.find(([, text = '']) => caption.test(text));
  return [...(found?.[2] ?? '').matchAll(/<tr role="row"(?: id="[^"]*")?>([\s\S]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<(th|td)[^>]*>([\s\S]*?)<\/\1>/g)].map(([, , cell = '']) => textOf(cell)),
  );
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
      'stock is paused since 2026-06-15 06:30 UTC by ada: the warehouse moves; resume it with: millrace resume stock',
    );
  });

  test('has no next tick for a view that is paused', async () => {
    const rows = rowsOf(await read('/?q=stock'), /view/);
    expect(rows.map(([name, one, ...rest]) => [name, one, rest.at(-1)])).toEqual([['stock', 'paused', 'paused']]);
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
      'Another program paused the queue "run", so workers took no jobs from it, found',
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
    expect(textOf(await read('/?q=nonesuch'))).toContain('No view matches. Show all views');
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
      'freshness_missed since 2026-06-15 06:30Z; when found: late_visits is 2h behind (freshness target: 1h).',
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

describe('the page of a view', () => {
  test('shows first why units are not covered, with the command that fixes it', async () => {
    const body = await read('/views/scores');
    const [[span, what, run, why] = []] = rowsOf(body, /not covered/);
    expect([span, what, run]).toEqual(['[2026-06-13, 2026-06-14)', 'held', String(state.runs.failed)]);
    expect(why).toContain(`run ${state.runs.failed} failed: SOURCE_QUERY View scores`);
    expect(textOf(body)).toMatch(
      new RegExp(
        `scores: 1 unit is held because run ${state.runs.failed} failed .* then run: millrace retry ${state.runs.failed} `,
      ),
    );
    expect(textOf(body)).not.toContain('Fix them with');
  });

  test('has buttons for operators alone', async () => {
    const buttons = async (world: DashboardWorld) =>
      [...(await read('/views/scores', world)).matchAll(/<form method="post" action="([^"]*)"/g)].map(([, to]) => to);
    const ofView = ['pause', 'restate', 'backfill', 'rebuild'].map((verb) => `/views/scores/${verb}`);
    expect(await buttons(operators)).toEqual([`/runs/${state.runs.failed}/retry`, ...ofView]);
    expect(await buttons(viewers)).toEqual([]);
  });

  test('draws a cell for each day with the states of its units', async () => {
    const body = await read('/views/three_years');
    const cells = [...body.matchAll(/<td class="u-(\w+)" title="([^"]*)">/g)].map(([, one, title]) => [one, title]);
    expect(cells.length).toBe(3 * 365 + 1 + 1);
    expect(cells.filter(([one]) => one !== 'covered')).toEqual([['skipped', '2026-06-11: 22 covered, 2 skipped']]);
    expect(body.length).toBeLessThan(200_000);
  });

  test('opens the units around a day', async () => {
    const body = await read('/views/three_years?at=2026-06-11');
    const lines = [...body.matchAll(/<li class="(chosen|)">([\s\S]*?)<\/li>/g)].map(([, chosen, line = '']) => [
      chosen,
      textOf(line).replaceAll(' ', ''),
    ]);
    expect(lines.length).toBe(15);
    expect(lines.filter(([chosen]) => chosen !== '')).toEqual([['chosen', `2026-06-11####--${'#'.repeat(18)}`]]);
    expect(lines.at(-1)).toEqual(['', '2026-06-15######']);
  });

  test('plots the rows and the duration of its runs, and has the same numbers in a table', async () => {
    const body = await read('/views/spend_30d');
    expect([...body.matchAll(/<rect class="r-done"/g)].length).toBe(2 * 45);
    const rows = rowsOf(body, /The last 45 runs/);
    expect(rows.length).toBe(45);
    expect(rows[0]).toEqual([
      String(state.runs.refused),
      '[2026-06-14, 2026-06-15)',
      '✓ done',
      '2026-06-15 06:30Z',
      '40',
      '3',
      // Not a scheduled run.
      '–',
      `${2 + (state.runs.refused % 7)}.0s`,
    ]);
  });

  test('sums up refused rows, with links to them', async () => {
    const body = await read('/views/spend_30d');
    expect(rowsOf(body, /In the last 45 runs/).map(([reason, , rows]) => [reason, rows])).toEqual([
      ['value_not_finite', '3'],
      ['entity_id_too_long', '3'],
      ['entity_id_control_character', '3'],
    ]);
    expect(body).toContain('href="/quarantine?view=spend_30d&amp;reason=value_not_finite"');
  });

  test('shows its query as applied', async () => {
    expect(textOf(await read('/views/spend_30d'))).toContain(
      'select entity_id, value, {{end}} as timestamp from spend union all',
    );
  });

  test('says that a view of kind latest has no intervals', async () => {
    expect(textOf(await read('/views/rates'))).toContain('rates is of kind latest, so it has no intervals.');
  });
});

describe('runs', () => {
  test('are paged by their ids', async () => {
    const first = rowsOf(await read('/runs'), /Runs/).map(([id]) => Number(id));
    const second = rowsOf(await read(`/runs?before=${first.at(-1)}`), /Runs/).map(([id]) => Number(id));
    expect(first.length).toBe(50);
    expect(second[0]).toBe((first.at(-1) ?? 0) - 1);
    expect(first).toEqual(first.toSorted((one, other) => other - one));
  });

  test('are filtered by view and state', async () => {
    const rows = rowsOf(await read('/runs?view=scores&state=failed'), /Runs that are failed of scores/);
    expect(rows.map(([id, , , one]) => [id, one])).toEqual([[String(state.runs.failed), '✗ failed']]);
  });

  test.each([
    ['/runs?state=bogus', '“bogus” is not a state of a run: expected one of planned, active,'],
    ['/runs?before=abc', '“abc” is not a valid before'],
    ['/quarantine?run=abc', '“abc” is not a valid run: expected a whole number such as 12.'],
    ['/quarantine?run=99999999999999999999', '“99999999999999999999” is not a valid run'],
  ])('are not shown where the filter is none: %s', async (path, sentence) => {
    const body = await read(path);
    expect(textOf(body)).toContain(sentence);
    expect(rowsOf(body, /./)).toEqual([]);
  });

  test('have no start and no rows before a worker starts them', async () => {
    const [row] = rowsOf(await read('/runs?view=visits_after'), /of visits_after/);
    expect(row?.slice(3)).toEqual(['· waits', 'planned 2026-06-15 06:30Z', '', '']);
  });

  test('say so where there are none', async () => {
    expect(textOf(await read('/runs?state=cancelled'))).toContain('No run is cancelled. Show all of them');
  });
});

describe('the page of a run', () => {
  test('shows why it failed, what to do, and its history', async () => {
    const text = textOf(await read(`/runs/${state.runs.failed}`, operators));
    expect(text).toContain('rejected the query: invalid input syntax for type double precision');
    expect(text).toContain(`Fix the cause (owner: author), then run: millrace retry ${state.runs.failed} Retry`);
    expect(text).toContain('planned, manual');
  });

  test('shows how its counts add up, and the refused rows by reason with links to them', async () => {
    const body = await read(`/runs/${state.runs.refused}`);
    expect(textOf(body)).toContain('43 rows = 40 accepted + 3 refused');
    expect(rowsOf(body, /3 rows refused/)).toEqual([
      ['value_not_finite', 'a number is NaN or infinite', '1', '1'],
      ['entity_id_too_long', 'entity_id is longer than 512 bytes', '1', '1'],
      ['entity_id_control_character', 'entity_id contains a control character', '1', '1'],
    ]);
    expect(body).toContain(
      `href="/quarantine?view=spend_30d&amp;run=${state.runs.refused}&amp;reason=value_not_finite"`,
    );
  });
});

describe('backfills', () => {
  test('are listed with how far they are, open ones first', async () => {
    const body = await read('/backfills');
    const { running, partial } = state.backfills;
    expect(rowsOf(body, /Running and paused/).map(([id, view, , , one]) => [id, view, one])).toEqual([
      [String(running), 'orders', 'running'],
    ]);
    expect(rowsOf(body, /Closed/).map(([id, , range, mode, one, chunks]) => [id, range, mode, one, chunks])).toEqual([
      [String(partial), '[2026-06-02, 2026-06-05)', 'missing', 'partial', '11 done 1 failed 12/12 11 done, 1 failed'],
    ]);
  });

  test('have a page with what is left, failed chunks first', async () => {
    const body = await read(`/backfills/${state.backfills.partial}`, operators);
    expect(textOf(body)).toContain(`6 units are still missing: 1 chunk failed`);
    expect(rowsOf(body, /Failed and cancelled/).map(([place, span, , one]) => [place, span, one])).toEqual([
      ['7', '[2026-06-03T12:00Z, 2026-06-03T18:00Z)', 'failed'],
    ]);
    expect(rowsOf(body, /All chunks/).length).toBe(12);
    expect(body).toContain(`action="/backfills/${state.backfills.partial}/resume"`);
  });
});

describe('the quarantine', () => {
  test('groups what is kept by view, reason and field, with examples', async () => {
    const { refused, redacted } = state.runs;
    const body = await read('/quarantine');
    const sums = rowsOf(body, /By view, reason and field \(all 18 rows in quarantine\)/);
    const hidden = 'a number is NaN or infinite (rows of redacted views are not shown)';
    expect(sums.filter(([reason]) => reason === 'value_not_finite')).toEqual([
      ['value_not_finite', 'contact', 'value', '6', '3', String(redacted), hidden],
      ['value_not_finite', 'spend_30d', 'value', '3', '3', String(refused), 'value is "NaN", not a finite number'],
    ]);
    expect(textOf(body)).toContain('Show all rows, newest first');
    expect(rowsOf(await read('/quarantine?view=contact'), /By view, reason/).map(([, view]) => view)).toEqual([
      'contact',
      'contact',
    ]);
    for (const query of ['reason=value_not_finite', `run=${refused}`, 'after=5']) {
      expect(rowsOf(await read(`/quarantine?${query}`), /By view/)).toEqual([]);
    }
  });

  test('shows each row with its reason, as text', async () => {
    const body = await read(`/quarantine?run=${state.runs.refused}&reason=entity_id_control_character`);
    expect(rowsOf(body, /Refused rows of run/).map(([, view, , , reason]) => [view, reason])).toEqual([
      ['spend_30d', 'entity_id_control_character'],
    ]);
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  test('shows no rows of a redacted view', async () => {
    const body = await read('/quarantine?view=contact&rows=all');
    expect(rowsOf(body, /of contact/).map((row) => row.slice(4))).toEqual(
      Array.from({ length: 3 }, () => [
        [
          'entity_id_null',
          'entity_id',
          expect.stringMatching(/^entity_id.* null.* \(rows of redacted views are not shown\)$/),
        ],
        ['value_not_finite', 'value', 'a number is NaN or infinite (rows of redacted views are not shown)'],
        ['value_not_finite', 'value', 'a number is NaN or infinite (rows of redacted views are not shown)'],
      ]).flat(),
    );
    expect(body).not.toMatch(/ada|bob|NaN"/);
  });
});

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

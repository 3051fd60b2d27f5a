// The pages of views, runs, backfills and refused rows of a project in a known state.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsOf, textOf } from './page-text.ts';
import { type Asked, type DashboardWorld, openDashboardWorld } from './server-world.ts';
import { type DashboardState, openDashboardState } from './world.ts';

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
    expect(textOf(await read('/views/rates'))).toContain('rates is a latest view, so it has no intervals.');
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
    expect(row?.slice(3)).toEqual(['· waiting', 'planned 2026-06-15 06:30Z', '', '']);
  });

  test('say so where there are none', async () => {
    expect(textOf(await read('/runs?state=cancelled'))).toContain('No runs are cancelled. Show all');
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

describe('the page of an entity', () => {
  test('searches for the whole of a long id', async () => {
    const id = 'x'.repeat(512);
    expect(await read(`/entities?id=${id}`)).toContain(`name="id" value="${id}"`);
  });
});

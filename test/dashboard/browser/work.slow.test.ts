// Work with an open dashboard: watch a page, find out why a view is late, retry a failed run.

import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { at, view } from '../../support/views.ts';
import { ADA } from '../server-world.ts';
import { type BrowserWorld, openBrowserWorld } from './world.ts';

let world: BrowserWorld;

beforeAll(async () => {
  world = await openBrowserWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Longer than the refresh interval of a page. */
const A_WHILE_MS = 6_000;

describe('an open page', () => {
  test('updates without help, and keeps opened details and the focus', async () => {
    await using visitor = await world.visitor({ who: ADA });
    const { page, documents, troubles } = visitor;
    await page.clock.install();
    await page.goto('/views/three_years');
    const table = page.getByRole('table', { name: 'Newest first' });
    expect(await table.isVisible()).toBe(false);
    await page.goto('/views/stock');
    await page.getByText('The plots as a table').click();
    const pause = page.getByRole('button', { name: 'Resume stock' });
    await pause.focus();
    await world.state.sql(
      `update millrace.view set paused_kind = 'person', paused_reason = 'the roof leaks' where name = 'stock'`,
    );
    await world.state.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, stage)
       select id, '[2026-06-13, 2026-06-14)', 'restate', data_fingerprint, 'superseded', 'done' from millrace.view where name = 'stock'`,
    );
    await page.clock.runFor(A_WHILE_MS);
    await until(async () => ((await page.textContent('main')) ?? '').includes('the roof leaks'));
    expect(await page.getByRole('table', { name: 'The last 6 runs' }).isVisible()).toBe(true);
    expect(
      await page.evaluate('[document.activeElement.textContent, document.activeElement.form?.getAttribute("action")]'),
    ).toEqual(['Resume stock', '/views/stock/resume']);
    expect([documents, troubles]).toEqual([['/views/three_years', '/views/stock'], []]);
  });

  test('shows the progress of a backfill', async () => {
    await using visitor = await world.visitor();
    const { page } = visitor;
    const { running } = world.state.backfills;
    await page.clock.install();
    await page.goto(`/backfills/${running}`);
    const lead = page.locator('.lead').first();
    expect(await lead.textContent()).toContain('6 of 16 chunks · 37%');
    await world.state.sql(
      `update millrace.backfill_chunk set skipped = 'nothing to do' where backfill_id = $1 and run_id is null and place = 16`,
      [running],
    );
    await page.clock.runFor(A_WHILE_MS);
    await until(async () => (await lead.textContent())?.includes('7 of 16 chunks · 43%') === true);
  });
});

describe('three clicks', () => {
  test('lead from the overview to why a view is late, and to its refused rows', async () => {
    await seedLateReviews(world);
    await using visitor = await world.visitor();
    const { page } = visitor;
    const clicks = countedClicks();
    await page.goto('/');
    const late = page.getByRole('row', { name: /^reviews/ });
    await clicks.on(late.getByRole('link', { name: 'reviews', exact: true }));
    const why = page.getByRole('region', { name: 'Needs attention' });
    expect(await why.textContent()).toContain('ROWS_REFUSED');
    expect(clicks.count()).toBe(1);
    await clicks.on(page.getByRole('link', { name: 'value_not_finite' }));
    await page.waitForURL('**/quarantine?view=reviews&reason=value_not_finite');
    expect(await rowCount(page, 'Refused rows of reviews')).toBe(30);
    expect(clicks.count()).toBeLessThanOrEqual(3);
  });
});

describe('an operator', () => {
  test('retries a failed run on its page, and shows the notice once', async () => {
    await using visitor = await world.visitor({ who: ADA });
    const { page, troubles } = visitor;
    const { failed } = world.state.runs;
    await page.goto(`/runs/${failed}`);
    await page.getByRole('button', { name: 'Retry' }).press('Enter');
    await page.waitForURL((url) => url.pathname !== `/runs/${failed}`);
    const planned = Number(new URL(page.url()).pathname.split('/').at(-1));
    expect(await page.getByRole('status').last().textContent()).toContain(`Run ${planned} retries run ${failed}.`);
    expect(await world.state.sql('select state from millrace.run where id = $1', [planned])).toEqual([
      { state: 'planned' },
    ]);
    expect((await world.queues.run.getJobs(['waiting', 'prioritized'])).map(({ data }) => data.run)).toContain(planned);
    await page.reload();
    expect(await page.locator('.notice').count()).toBe(0);
    expect(troubles).toEqual([]);
  });
});

async function rowCount(page: Page, table: string): Promise<number> {
  return page.getByRole('table', { name: table }).locator('tbody tr:not(.note)').count();
}

function countedClicks() {
  let clicks = 0;
  return {
    count: () => clicks,
    on: async (link: Locator) => {
      clicks += 1;
      await link.click();
    },
  };
}

/** A view that is late because most of its rows were refused. */
async function seedLateReviews({ state }: BrowserWorld): Promise<void> {
  await state.apply(
    view({
      name: 'reviews',
      start: at('2026-06-14'),
      end: null,
      freshnessMs: 3_600_000,
      query: `select entity_id, case when value > 15 then 'NaN' else value end as value, {{end}} as timestamp from spend`,
    }),
  );
  await state.materialize('reviews', { attempts: 1 });
}

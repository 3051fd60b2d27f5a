// The pages for the engineer on call in a real browser, wide and narrow: accessible, and without horizontal overflow.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA } from '../server-world.ts';
import { axeFindings, type BrowserWorld, openBrowserWorld } from './world.ts';

let world: BrowserWorld;

beforeAll(async () => {
  world = await openBrowserWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
const PAGES = [
  ['/grid', 'Runs over time'],
  ['/grid?by=day&failed=only', 'Runs over time'],
  ['/entities?id=customer+4', 'Entities'],
  ['/runs?code=SOURCE_QUERY&reason=manual', 'Runs'],
  ['/quarantine', 'Refused rows'],
] as const;

test.each([1_280, 390])(
  'grid, search, filters and groups are accessible at %i px',
  { timeout: 120_000 },
  async (width) => {
    await using visitor = await world.visitor({ who: ADA, viewport: { width, height: 800 } });
    const { page } = visitor;
    for (const [path, heading] of PAGES) {
      await page.goto(path);
      const [found] = await page.locator('h1').allInnerTexts();
      expect([path, found, await page.evaluate(OVERFLOW), await axeFindings(page)]).toEqual([path, heading, 0, []]);
      // Not an empty page: at least one row.
      expect([path, await page.locator('main table tr:has(td)').count()]).not.toEqual([path, 0]);
    }
  },
);

test('two clicks lead from an entity id to the run that wrote its value', async () => {
  await using visitor = await world.visitor();
  const { page } = visitor;
  await page.goto('/entities');
  await page.getByLabel('Entity id').fill('customer 4');
  await page.getByRole('button', { name: 'Search' }).click();
  const link = page.getByRole('row', { name: /^spend_30d/ }).getByRole('link', { name: /^run \d+$/ });
  const run = Number(((await link.textContent()) ?? '').slice('run '.length));
  await link.click();
  await page.waitForURL(`**/runs/${run}`);
  expect(visitor.documents).toEqual(['/entities', '/entities', `/runs/${run}`]);
  expect(
    await world.state.sql(
      `select run_id::int as run from features.spend_30d where entity_id = 'customer 4' order by event_timestamp desc limit 1`,
    ),
  ).toEqual([{ run }]);
  expect(visitor.troubles).toEqual([]);
});

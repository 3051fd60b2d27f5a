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
  ['/entities?id=ada', 'Entities'],
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
    }
  },
);

// Every page in a real browser, light and dark, desktop and phone: it loads in one request, shows its content, is
// accessible, and works without scripts and without a mouse.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADA } from '../server-world.ts';
import { keyboardPath } from './keyboard.ts';
import { axeFindings, type BrowserWorld, openBrowserWorld } from './world.ts';

let world: BrowserWorld;

beforeAll(async () => {
  world = await openBrowserWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const DESK = { width: 1280, height: 900 };
const HAND = { width: 390, height: 740 };
const LOOKS = [
  ['light', DESK],
  ['dark', DESK],
  ['light', HAND],
  ['dark', HAND],
] as const;

/** Each page, its heading, and content of the known state that it must show. */
function pages(): [path: string, heading: string, ...says: string[]][] {
  const { runs, backfills } = world.state;
  return [
    ['/', 'Views', '11 views', '2 held', '5 need attention', '1 scheduler and 1 worker alive', '26,304'],
    ['/?state=held', 'Views', '2 views', 'run 71 failed with SOURCE_QUERY'.replace('71', `${runs.failed}`)],
    ['/?state=running', 'Views', 'No matching views.'],
    ['/views/scores', 'scores held', '1 span not covered', '7 units from 2026-06-08 to 2026-06-15: 6 covered, 1 held.'],
    ['/views/late_visits', 'late_visits late', 'late_visits is 2d behind (freshness target: 6h)'],
    ['/views/three_years?at=2026-06-11', 'three_years ok', '26,304', '2 skipped', 'Units from'],
    ['/views/spend_30d', 'spend_30d ok', 'In the last 45 runs', 'Money spent over the last 30 days'],
    ['/views/rates', 'rates ok', 'rates is a latest view, so it has no intervals.'],
    ['/runs', 'Runs', 'Older'],
    ['/runs?state=failed', 'Runs', 'Runs that are failed', 'SOURCE_QUERY'],
    [`/runs/${runs.failed}`, `Run ${runs.failed} ✗ failed`, 'invalid input syntax for type double precision'],
    [`/runs/${runs.refused}`, `Run ${runs.refused} ✓ done`, '43 rows = 40 accepted + 3 refused', '3 rows refused'],
    ['/backfills', 'Backfills', '11 done, 1 failed', '12/12'],
    [`/backfills/${backfills.partial}`, `Backfill ${backfills.partial} partial`, '12 of 12 chunks', '1 chunk failed'],
    [`/backfills/${backfills.running}`, `Backfill ${backfills.running} running`, 'of 16 chunks'],
    ['/quarantine', 'Refused rows', 'entity_id_control_character'],
    [`/quarantine?run=${runs.refused}`, 'Refused rows', 'entity_id_too_long', '⟨U+202E⟩'],
    ['/audit', 'Audit', 'No matching operations.'],
    ['/catalogue', 'Catalogue', '10 views', 'Money spent over the last 30 days', 'millrace get spend_30d ID'],
    ['/catalogue?q=money', 'Catalogue', '1 view', 'spend_30d'],
    ['/lineage', 'Lineage', 'visits_after', 'late_visits'],
    ['/lineage?view=late_visits', 'Lineage', 'What late_visits reads'],
    ['/views/spend_30d/values', 'Values of spend_30d', 'The newest interval', 'median, and the range from 5 to 95%'],
    ['/views/spend_30d/values?feature=spend_30d', 'Values of spend_30d', 'By interval, newest first'],
    ['/views/contact/values', 'Values of contact', 'The view is redacted, so no values are shown.'],
    ['/quarantine?view=contact', 'Refused rows', 'rows of redacted views are not shown'],
  ];
}

async function read(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ').trim();
}

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

const SKIP_LINK = `(() => {
  const link = document.activeElement;
  const { left, top } = link.getBoundingClientRect();
  return { text: link.textContent, isOnScreen: left >= 0 && top >= 0, isFocused: link.matches(':focus-visible') };
})()`;

describe('every page', () => {
  test.each(LOOKS)(
    'loads in one request, shows its content and is accessible: %s, %o',
    { timeout: 240_000 },
    async (colorScheme, viewport) => {
      await using visitor = await world.visitor({ who: ADA, colorScheme, viewport });
      const { page, documents, troubles } = visitor;
      for (const [path, heading, ...says] of pages()) {
        await page.goto(path);
        const main = await read(page, 'main');
        const found = {
          heading: await read(page, 'h1'),
          says: says.filter((words) => main.includes(words)),
          overflow: await page.evaluate(OVERFLOW),
          axe: await axeFindings(page),
          documents: documents.splice(0),
          troubles: troubles.splice(0),
        };
        const expected = { heading, says, overflow: 0, axe: [], documents: [path.replace(/\?.*/, '')], troubles: [] };
        expect([path, found]).toEqual([path, expected]);
      }
    },
  );

  test('can be read without scripts', async () => {
    await using visitor = await world.visitor({ javaScriptEnabled: false });
    for (const [path, heading, ...says] of pages()) {
      await visitor.page.goto(path);
      const main = await read(visitor.page, 'main');
      expect([path, await read(visitor.page, 'h1'), says.filter((words) => main.includes(words))]).toEqual([
        path,
        heading,
        says,
      ]);
    }
    await visitor.page.goto('/');
    await visitor.page.getByLabel('Name, entity or tag').fill('stock');
    await visitor.page.getByLabel('Name, entity or tag').press('Enter');
    expect(await read(visitor.page, 'caption')).toBe('1 view');
    await visitor.page.goto('/views/spend_30d');
    await visitor.page.getByText('The plots as a table').click();
    expect(await visitor.page.getByRole('table', { name: 'The last 45 runs', exact: true }).isVisible()).toBe(true);
  });

  test.each([DESK, HAND])(
    'is reached by keyboard from end to end, in order, and seen where one is: %o',
    async (viewport) => {
      await using visitor = await world.visitor({ who: ADA, viewport });
      for (const [path] of pages()) {
        await visitor.page.goto(path);
        const { controls, reached, unseen } = await keyboardPath(visitor.page);
        expect([path, reached, unseen]).toEqual([path, controls, []]);
        expect(controls.length).toBeGreaterThan(6);
      }
    },
  );

  test('lets a keyboard skip what every page has', async () => {
    await using visitor = await world.visitor();
    const { page } = visitor;
    await page.goto('/runs');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(SKIP_LINK)).toEqual({ text: 'Skip to the page', isOnScreen: true, isFocused: true });
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
  });

  test('has no animation for users who prefer reduced motion', async () => {
    await using visitor = await world.visitor({ reducedMotion: 'reduce' });
    await visitor.page.goto('/views/spend_30d');
    const moving = `[...document.querySelectorAll('*')].filter((one) => {
      const { transitionDuration, animationName } = getComputedStyle(one);
      return animationName !== 'none' || /[1-9]/.test(transitionDuration);
    }).length`;
    expect(await visitor.page.evaluate(moving)).toBe(0);
  });
});

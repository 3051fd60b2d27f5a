import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeFindings, openBrowserWorld, type BrowserWorld } from './world.ts';

let world: BrowserWorld;
beforeAll(async () => {
  const t = performance.now();
  world = await openBrowserWorld();
  process.stderr.write(`opened ${performance.now() - t}\n`);
}, 120_000);
afterAll(() => world[Symbol.asyncDispose]());

const paths = () => {
  const { runs, backfills } = world.state;
  return ['/', '/?state=held', '/views/scores', '/views/late_visits', '/views/three_years?at=2026-06-11', '/views/spend_30d', '/views/rates', '/runs', '/runs?state=failed',
    `/runs/${runs.failed}`, `/runs/${runs.refused}`, '/backfills', `/backfills/${backfills.partial}`, `/backfills/${backfills.running}`, '/quarantine', '/quarantine?view=contact'];
};

describe('look', () => {
  test('x', { timeout: 300_000 }, async () => {
    for (const colorScheme of ['light', 'dark'] as const)
      for (const viewport of [{ width: 1280, height: 900 }, { width: 360, height: 740 }]) {
        await using v = await world.visitor({ colorScheme, viewport });
        for (const path of paths()) {
          v.documents.length = 0;
          await v.page.goto(path, {waitUntil: 'networkidle'});
          const w = await v.page.evaluate('document.documentElement.scrollWidth');
          const axe = await axeFindings(v.page);
          const bytes = (await v.page.content()).length;
          process.stderr.write(JSON.stringify({ path, colorScheme, vw: viewport.width, w, axe: [...new Set(axe)].slice(0,6), n: axe.length, troubles: v.troubles, docs: v.documents, bytes }) + '\n');
          if (true) await v.page.screenshot({ path: `/tmp/shots/${path.replaceAll(/[^a-z0-9_]/g, '-')}-${colorScheme}-${viewport.width}.png`, fullPage: true });
          v.troubles.length = 0;
        }
      }
  });
});

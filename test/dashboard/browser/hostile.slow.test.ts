// Foreign text on a page is only ever text, in any amount.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADA, ask, basic } from '../server-world.ts';
import { HOSTILE, MARKUP, plantHostileText } from './plant.ts';
import { type BrowserWorld, openBrowserWorld } from './world.ts';

let world: BrowserWorld;

beforeAll(async () => {
  world = await openBrowserWorld();
  await plantHostileText(world.state);
});
afterAll(() => world[Symbol.asyncDispose]());

const BYTES_MAX = 500_000;

function paths(): string[] {
  const { runs, backfills } = world.state;
  const asked = encodeURIComponent(HOSTILE);
  return [
    '/',
    '/views/stock',
    '/views/scores',
    '/views/spend_30d',
    '/views/orders',
    '/views/visits_after',
    '/runs',
    '/runs?state=failed',
    '/runs?state=planned',
    `/runs/${runs.failed}`,
    `/runs/${runs.refused}`,
    '/backfills',
    `/backfills/${backfills.partial}`,
    `/backfills/${backfills.running}`,
    '/quarantine',
    `/quarantine?reason=value_null`,
    '/audit',
    `/audit?view=${asked}&before=${asked}`,
    `/?q=${asked}&state=${asked}&job=${asked}&after=${asked}`,
    `/views/${asked}`,
    `/views/stock?at=${asked}&before=${asked}`,
    `/runs?view=${asked}&state=${asked}&before=${asked}`,
    `/runs/${asked}`,
    `/backfills/${asked}`,
    `/quarantine?view=${asked}&reason=${asked}&run=${asked}&after=${asked}`,
    `/${asked}`,
  ];
}

/** Elements that only planted text could have added, and the ones that a browser runs. */
const STRANGE = `(() => {
  const ours = 'script[src="/assets/dashboard.js"]';
  const strangers = document.querySelectorAll('script:not(' + ours + '), style, iframe, img, base, [onload], [onerror], [style], [href^="javascript:"]');
  const unseen = document.documentElement.outerHTML.match(/.{0,30}(?:[^\\P{C}\\n\\t]|[\\u2028\\u2029]).{0,30}/u);
  return [
    ...(window.wasRun === undefined ? [] : ['a script ran']),
    ...[...strangers].map((one) => one.outerHTML.slice(0, 100)),
    ...(unseen === null ? [] : ['unseen: ' + encodeURIComponent(unseen[0])]),
  ];
})()`;

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describe('hostile text', () => {
  test('stays text, and no page overflows', { timeout: 240_000 }, async () => {
    await using visitor = await world.visitor({ who: ADA });
    const { page, troubles } = visitor;
    const wrong: unknown[] = [];
    for (const path of paths()) {
      const answer = await page.goto(path);
      const bytes = (await answer?.body())?.byteLength ?? 0;
      const strange = (await page.evaluate(STRANGE)) as string[]; // as made above
      const said = troubles.splice(0).filter((trouble) => !/^404:|status of 404/.test(trouble));
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        const overflow = await page.evaluate(OVERFLOW);
        if (overflow !== 0) strange.push(`${overflow} too wide for ${width}`);
      }
      const all = [...strange, ...said, ...(bytes < BYTES_MAX ? [] : [`${bytes} bytes`])];
      if (all.length > 0) wrong.push([path.slice(0, 60), all]);
    }
    expect(wrong).toEqual([]);
  });

  test('is shown where it is, with what cannot be seen made visible', async () => {
    await using visitor = await world.visitor();
    const { runs, backfills } = world.state;
    const beginning = MARKUP.slice(0, 40);
    for (const path of [
      '/views/stock',
      '/runs?state=failed',
      `/runs/${runs.failed}`,
      '/backfills',
      `/backfills/${backfills.partial}`,
      '/quarantine',
    ]) {
      await visitor.page.goto(path);
      const main = (await visitor.page.textContent('main')) ?? '';
      expect([path, main.includes(beginning)]).toEqual([path, true]);
    }
    await visitor.page.goto(`/runs/${runs.failed}`);
    const main = (await visitor.page.textContent('main')) ?? '';
    const visible =
      '⟨U+001B⟩]8;;http://example.org⟨U+0007⟩⟨U+001B⟩[31mred⟨U+001B⟩[0m⟨U+202E⟩gnp.exe⟨U+2066⟩⟨U+200B⟩⟨U+FEFF⟩⟨U+0085⟩⟨U+2028⟩⟨U+0001⟩';
    expect(main).toContain(visible);
  });

  test('in requests leaves one line of JSON each in the log', async () => {
    const forged = '%0A%7B%22level%22%3A%22error%22%7D%0D%0A';
    await ask(world.url, `/runs/${forged}`, { headers: basic(ADA) });
    await ask(world.url, `/${forged}?${forged}`, { headers: { ...basic(ADA), 'user-agent': '"}\\u001b[31m{"' } });
    await ask(world.url, `/views/${encodeURIComponent(HOSTILE)}/pause`, {
      method: 'POST',
      headers: { ...basic(ADA), origin: world.url },
    });
    await ask(world.url, '/', { headers: basic({ name: 'ada\n{"level":"error"}', password: HOSTILE }) });
    const lines = world.output().trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      expect(JSON.parse(line)).toEqual(expect.objectContaining({ level: expect.stringMatching(/^(info|warn)$/) }));
      expect(line).not.toMatch(/[^\P{C}]/u);
    }
  });
});

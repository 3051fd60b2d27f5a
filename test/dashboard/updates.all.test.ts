// A page in a browser that keeps itself up to date, and says when it cannot.

import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { deployedFailure, type FailedRun } from './failed-run.ts';
import { type DashboardWorld, openDashboardWorld } from './server-world.ts';

const CHROMIUM = '/usr/bin/chromium';

describe('an open page', () => {
  let failed: FailedRun;
  let world: DashboardWorld;
  let page: Page;
  const troubles: string[] = [];
  const parts = new AsyncDisposableStack();

  beforeAll(async () => {
    failed = parts.use(await deployedFailure());
    world = await openDashboardWorld({ database: failed.database, everybody: 'operator' });
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    parts.defer(() => browser.close());
    page = await browser.newPage();
    page.on('console', (message) => void (message.type() === 'error' && troubles.push(message.text())));
    page.on('pageerror', (error) => void troubles.push(error.message));
  }, 60_000);

  afterAll(() => parts.disposeAsync());

  test('shows what has changed, and keeps where somebody is', async () => {
    await page.clock.install();
    await page.goto(`${world.url}/runs/${failed.run}`);
    await page.focus('form[action$="/retry"] button');
    await failed.database.run(`update millrace.run set reason = 'restate'`);
    expect(await page.textContent('main')).not.toContain('restate');
    await page.clock.runFor(5_000);
    await until(async () => (await page.textContent('main'))?.includes('restate') === true);
    expect(await page.evaluate(`document.activeElement.textContent`)).toBe('Retry');
    expect(await page.textContent('#updates')).toBe('');
    expect(troubles).toEqual([]);
  });

  test('says when it is not up to date any more, and goes on by itself', async () => {
    await page.route('**/runs/*', (route) => route.abort());
    await page.clock.runFor(5_000);
    await until(async () => (await page.textContent('#updates')) !== '');
    expect(await page.textContent('#updates')).toBe(
      'What you see is not up to date: the dashboard does not answer. It is tried again.',
    );
    await page.unroute('**/runs/*');
    await page.clock.runFor(10_000);
    await until(async () => (await page.textContent('#updates')) === '');
  });

  test('tells once what a button has done', async () => {
    await page.click('form[action$="/retry"] button');
    await page.waitForURL(`**/runs/${failed.run + 1}`);
    expect(await page.textContent('.notice')).toContain(
      `Run ${failed.run + 1} does what run ${failed.run} left undone.`,
    );
    await page.reload();
    expect(await page.locator('.notice').count()).toBe(0);
  });

  test('shows Bull Board without a word in the console', async () => {
    troubles.length = 0;
    const queues = await world.openQueues();
    await queues.run.add('spend', { run: failed.run, delivery: 1 }, { jobId: 'spend.r1.d1' });
    for (const path of ['/queues/', '/queues/queue/run', '/queues/queue/run/spend.r1.d1', '/queues/job-schedulers']) {
      await page.goto(`${world.url}${path}`);
      await until(async () => ((await page.textContent('#root')) ?? '').length > 20);
    }
    await page.goto(`${world.url}/queues/queue/run/spend.r1.d1`);
    const opened = page.waitForEvent('popup');
    await page.click(`a[href="/runs/${failed.run}"]`);
    expect(await (await opened).textContent('h1')).toContain(`Run ${failed.run}`);
    expect(troubles).toEqual([]);
  });
});

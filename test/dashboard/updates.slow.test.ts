// An open page in a browser keeps itself up to date, and says when it cannot.

import { chromium, type Page, type Request, type Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportAlive } from '../../src/state/processes.ts';
import { pauseView, resumeView } from '../../src/state/views/pause.ts';
import { until } from '../support/until.ts';
import { chromiumPath } from './browser/chromium.ts';
import { deployedFailure, type FailedRun } from './failed-run.ts';
import { type DashboardWorld, openDashboardWorld } from './server-world.ts';

describe('an open page', () => {
  let failed: FailedRun;
  let world: DashboardWorld;
  let page: Page;
  const troubles: string[] = [];
  const parts = new AsyncDisposableStack();

  beforeAll(async () => {
    failed = parts.use(await deployedFailure({ end: '2026-01-03' }));
    world = await openDashboardWorld({ database: failed.database, defaultRole: 'operator' });
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
    parts.defer(() => browser.close());
    page = await browser.newPage();
    page.on('console', (message) => void (message.type() === 'error' && troubles.push(message.text())));
    page.on('pageerror', (error) => void troubles.push(error.message));
  });

  afterAll(() => parts.disposeAsync());

  /** The action of the focused button: its label and the target of its form. */
  const focused = () =>
    page.evaluate(
      `[document.activeElement.textContent, document.activeElement.closest('form')?.getAttribute('action')]`,
    );
  const buttons = () =>
    page.evaluate(
      `[...document.querySelectorAll('form.action')].map((one) => [one.textContent, one.getAttribute('action')])`,
    );
  const said = () => page.textContent('#updates');
  const shows = (text: string) => until(async () => (await page.textContent('main'))?.includes(text) === true);
  const comeBack = () => page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
  const setReason = (reason: string) => failed.database.run('update millrace.run set reason = $1', [reason]);

  test('updates, and keeps the focus', async () => {
    await page.clock.install();
    await page.goto(`${world.url}/runs/${failed.run}`);
    await page.focus('form[action$="/retry"] button');
    await failed.database.run(`update millrace.run set reason = 'restate'`);
    expect(await page.textContent('main')).not.toContain('restate');
    await page.clock.runFor(5_000);
    await until(async () => (await page.textContent('main'))?.includes('restate') === true);
    expect(await focused()).toEqual(['Retry', `/runs/${failed.run}/retry`]);
    expect(await page.textContent('#updates')).toBe('');
    expect(troubles).toEqual([]);
  });

  test('says when it is out of date, and recovers', async () => {
    await page.route('**/runs/*', (route) => route.abort());
    await page.clock.runFor(5_000);
    await until(async () => (await page.textContent('#updates')) !== '');
    expect(await page.textContent('#updates')).toBe(
      'This page is out of date: the dashboard is not responding. Retrying.',
    );
    await page.unroute('**/runs/*');
    await page.clock.runFor(10_000);
    await until(async () => (await page.textContent('#updates')) === '');
  });

  test('gives up on a response that does not come, and says so', async () => {
    await page.route('**/runs/*', () => {});
    await page.clock.runFor(5_000);
    await page.clock.runFor(19_000);
    expect(await said()).toBe('');
    await page.clock.runFor(1_000);
    await until(async () => (await said()) !== '');
    expect(await said()).toContain('the dashboard is not responding');
    await page.unroute('**/runs/*');
    await page.clock.runFor(10_000);
    await until(async () => (await said()) === '');
  });

  test('waits for one response at a time, the newest', async () => {
    const asked: Request[] = [];
    const ended: Request[] = [];
    const routes: Route[] = [];
    const onEnd = (request: Request) => void ended.push(request);
    page.on('requestfailed', onEnd);
    await page.route('**/runs/*', (route) => {
      asked.push(route.request());
      routes.push(route);
    });
    for (let time = 1; time <= 6; time += 1) {
      await comeBack();
      await until(() => asked.length === time);
    }
    await until(() => ended.length === 5);
    expect(ended).toEqual(asked.slice(0, 5));
    await setReason('manual');
    await routes.at(-1)?.continue();
    await shows('manual');
    page.off('requestfailed', onEnd);
    await page.unroute('**/runs/*');
    expect(await said()).toBe('');
  });

  test('sends no requests while it is hidden', async () => {
    let asked = 0;
    await page.route('**/runs/*', (route) => {
      asked += 1;
      return route.continue();
    });
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: true, configurable: true })`);
    await page.clock.runFor(120_000);
    expect(asked).toBeLessThanOrEqual(1);
    const before = asked;
    await page.clock.runFor(120_000);
    expect(asked).toBe(before);
    await page.evaluate('delete document.hidden');
    await setReason('restate');
    await comeBack();
    await shows('restate');
    await page.unroute('**/runs/*');
  });

  test('pauses updates while the user types, and says so', async () => {
    await page.goto(`${world.url}/runs`);
    await page.locator('input[name="view"]').pressSequentially('spe');
    await setReason('manual');
    await page.clock.runFor(6_000);
    expect(await said()).toBe('Updates are paused while you edit a field.');
    expect(await page.inputValue('input[name="view"]')).toBe('spe');
    expect(await page.textContent('main tbody')).not.toContain('manual');
    await page.evaluate('document.activeElement.blur()');
    await page.clock.runFor(5_000);
    await until(async () => (await page.textContent('main tbody'))?.includes('manual') === true);
    expect(await said()).toBe('');
  });

  test('removes a button without a purpose, and does not turn it into another', async () => {
    await page.goto(`${world.url}/views/spend`);
    await page.focus('form[action="/views/spend/pause"] button');
    await pauseView(failed.database, 'spend', { kind: 'person', reason: 'the roof leaks', actor: 'bob' });
    await page.clock.runFor(5_000);
    await shows('Resume spend');
    expect(await buttons()).toEqual([
      ['Resume spend', '/views/spend/resume'],
      ['Rebuild spend online', '/views/spend/rebuild'],
    ]);
    expect(await focused()).not.toContain('/views/spend/resume');
  });

  test('keeps the focused button with its row', async () => {
    await resumeView(failed.database, 'spend');
    await page.clock.runFor(5_000);
    await page.focus(`form[action="/runs/${failed.run + 1}/retry"] button`);
    await failed.database.run(
      `update millrace.coverage set held = held - '{[2026-01-01, 2026-01-02)}', covered = '{[2026-01-01, 2026-01-02)}'`,
    );
    await page.clock.runFor(5_000);
    await until(async () => !(await page.textContent('main'))?.includes(`Retry ${failed.run}`));
    expect(await focused()).toEqual([`Retry ${failed.run + 1}`, `/runs/${failed.run + 1}/retry`]);
    expect(await buttons()).toEqual([
      [`Retry ${failed.run + 1}`, `/runs/${failed.run + 1}/retry`],
      ['Pause spend', '/views/spend/pause'],
      ['Rebuild spend online', '/views/spend/rebuild'],
    ]);
  });

  test('shows the notice of a button once', async () => {
    const [last, next] = [failed.run + 1, failed.run + 2];
    await reportAlive(failed.database, { id: 'test', kind: 'worker', host: 'test', pid: 1, version: '0.0.0' });
    await page.click(`form[action="/runs/${last}/retry"] button`);
    await page.waitForURL(`**/runs/${next}`);
    expect(await page.textContent('.notice')).toContain(`Run ${next} retries run ${last}.`);
    await page.reload();
    expect(await page.locator('.notice').count()).toBe(0);
  });

  test('shows Bull Board without console messages', async () => {
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

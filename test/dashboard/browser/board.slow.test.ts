// Bull Board in a browser under our policy: viewers can only look, operators can retry a run.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { ADA, VIC } from '../server-world.ts';
import { type BrowserWorld, openBrowserWorld, type Visitor } from './world.ts';

let world: BrowserWorld;
const JOB = 'scores.r1.d1';

beforeAll(async () => {
  world = await openBrowserWorld();
  await addFailedJob(world);
});
afterAll(() => world[Symbol.asyncDispose]());

async function addFailedJob({ queues, state }: BrowserWorld): Promise<void> {
  await queues.run.add('scores', { run: state.runs.failed, delivery: 1 }, { jobId: JOB });
  await queues.exchange(async (connection) => {
    await connection.hset(`millrace:run:${JOB}`, { failedReason: 'it failed', finishedOn: '1767225600000', atm: '1' });
    await connection.lrem('millrace:run:wait', 0, JOB);
    await connection.zadd('millrace:run:failed', 1_767_225_600_000, JOB);
  });
}

const PATHS = [
  '/queues',
  '/queues/queue/run?status=failed',
  '/queues/queue/tick',
  `/queues/queue/run/${JOB}`,
  '/queues/job-schedulers',
];

async function open({ page }: Visitor, path: string): Promise<void> {
  await page.goto(path);
  await until(async () => ((await page.textContent('#root')) ?? '').length > 40);
  await page.waitForLoadState('networkidle');
}

describe('Bull Board', () => {
  test.each(['light', 'dark'] as const)('loads without console messages: %s', async (colorScheme) => {
    for (const who of [VIC, ADA]) {
      await using visitor = await world.visitor({ who, colorScheme });
      for (const path of PATHS) {
        await open(visitor, path);
        expect([path, visitor.troubles.splice(0)]).toEqual([path, []]);
      }
    }
  });

  test('leads from a job to the page of its run', async () => {
    await using visitor = await world.visitor();
    const { page } = visitor;
    await open(visitor, `/queues/queue/run/${JOB}`);
    const opened = page.waitForEvent('popup');
    await page.locator(`a[href="/runs/${world.state.runs.failed}"]`).first().click();
    expect(await (await opened).textContent('h1')).toContain(`Run ${world.state.runs.failed}`);
  });

  test('offers viewers no action and refuses their requests', async () => {
    await using visitor = await world.visitor({ who: VIC });
    const { page } = visitor;
    await open(visitor, `/queues/queue/run/${JOB}`);
    expect(await page.getByRole('button', { name: /retry|remove|clean|pause|promote|add/i }).count()).toBe(0);
    const asked = [
      ['PUT', `run/${JOB}/retry`],
      ['PUT', `run/${JOB}/clean`],
      ['PUT', 'run/pause'],
      ['PUT', 'run/empty'],
      ['PUT', 'run/retry/failed'],
      ['POST', 'run/add'],
    ];
    const statuses = await page.evaluate(
      `Promise.all(${JSON.stringify(asked)}.map(([method, path]) => fetch('/queues/api/queues/' + path, { method }).then(({ status }) => status)))`,
    );
    expect(
      (statuses as number[]).every((status) => [403, 404, 405].includes(status)),
      `${statuses}`,
    ).toBe(true); // as made above
    expect(await world.queues.run.getFailedCount()).toBe(1);
    expect(
      await world.state.sql(
        `select count(*)::int as planned from millrace.run where state = 'planned' and reason = 'manual' and view_id = (select id from millrace.view where name = 'scores')`,
      ),
    ).toEqual([{ planned: 0 }]);
  });

  test('lets an operator retry the run of a failed job', async () => {
    await using visitor = await world.visitor({ who: ADA });
    const { page, troubles } = visitor;
    await open(visitor, `/queues/queue/run/${JOB}`);
    // The first icon button next to a job.
    await page.locator('main ul button').first().click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Confirm' }).click();
    const planned = async () =>
      (
        await world.state.sql(
          `select id from millrace.run where state = 'planned' and view_id = (select id from millrace.view where name = 'scores')`,
        )
      ).length;
    await until(async () => (await planned()) === 1);
    expect(troubles).toEqual([]);
  });
});

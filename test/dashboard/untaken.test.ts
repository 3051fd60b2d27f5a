// A queued run that no worker starts: the page of its view says so, and whether the queue is unavailable.

import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { openDashboardWorld } from './server-world.ts';

test('a view whose run no worker takes says that the queue does not respond', async () => {
  await using system = await openWorld();
  await system.apply(view({ end: at('2026-01-02') }));
  const [run] = await system.plan('spend');
  const noteAt = async (queueUrl?: string) => {
    const database = system.app.database;
    const world = await openDashboardWorld({ database, ...(queueUrl === undefined ? {} : { queueUrl }) });
    const read = async () => (await world.ask('/views/spend')).body;
    // Redis is checked in the background.
    await until(async () =>
      (await world.ask('/')).body.includes(queueUrl === undefined ? 'queues are up' : 'is not responding'),
    );
    await read();
    await until(async () => queueUrl === undefined || (await read()).includes('will start when the queue'));
    return (
      /<li>([^\n]*will start when the queue[^\n]*?)<\/li>/.exec(await read())?.[1]?.replaceAll(/<[^>]*>/g, '') ?? null
    );
  };
  expect(await noteAt('redis://127.0.0.1:1')).toMatch(
    new RegExp(
      `^The queue \\(redis://127.0.0.1:1\\) is not responding: .* Run ${run} will start when the queue is available again\\.$`,
    ),
  );
  expect(await noteAt()).toBe(null);
});

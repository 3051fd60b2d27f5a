// A run that no worker takes: the page of its view says so, and that the queue is away, which Postgres cannot know.

import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { openDashboardWorld } from './server-world.ts';

test('a view whose run no worker takes says that the queue does not answer', async () => {
  await using system = await openWorld();
  await system.apply(view({ end: at('2026-01-02') }));
  const [run] = await system.plan('spend');
  const noteAt = async (queueUrl?: string) => {
    const database = system.app.database;
    const world = await openDashboardWorld({ database, ...(queueUrl === undefined ? {} : { queueUrl }) });
    const read = async () => (await world.ask('/views/spend')).body;
    // Redis is asked beside the pages.
    await until(async () =>
      (await world.ask('/')).body.includes(queueUrl === undefined ? 'the queues answer' : 'does not answer'),
    );
    await read();
    await until(async () => queueUrl === undefined || (await read()).includes('is handed to a worker'));
    return /<li>([^\n]*is handed to a worker[^\n]*?)<\/li>/.exec(await read())?.[1]?.replaceAll(/<[^>]*>/g, '') ?? null;
  };
  expect(await noteAt('redis://127.0.0.1:1')).toMatch(
    new RegExp(
      `^The queue \\(redis://127.0.0.1:1\\) does not answer: .* Run ${run} is handed to a worker when it does\\.$`,
    ),
  );
  expect(await noteAt()).toBe(null);
});

// An incremental view in a job that names only the view: one tick plans it with its parts, and workers do both.

import { expect, test } from 'vitest';
import { tick } from '../../src/queue/leader/tick.ts';
import { activity, storedRows } from '../declared/incremental.ts';
import { until } from '../support/until.ts';
import { job, openQueueWorld } from './world.ts';

test('a tick plans an incremental view with its parts, and a changed part is combined again after the next tick', async () => {
  await using world = await openQueueWorld();
  const { system, queues, log } = world;
  await system.sql(
    'create table user_events (user_id text, at timestamptz, type text, amount numeric, points int, hidden bool)',
  );
  await system.sql(
    `insert into user_events
     select 'ada', timestamptz '2026-01-01Z' + h * interval '1 hour', 'buy', h, h from generate_series(0, 30) h`,
  );
  const view = activity({ end: '2026-01-01T12:00:00Z' });
  await system.apply(view);
  const ticked = () => tick({ database: system.app.database, queues, log }, job({ views: ['activity'] }));
  const isIdle = async () => (await system.sql(`select from millrace.run where state <> 'done'`)).length === 0;
  await ticked();
  await using _worker = await world.worker();
  await until(isIdle);
  expect(await storedRows(system, view)).toHaveLength(6);

  await system.sql(`insert into user_events values ('eve', '2026-01-01 10:30Z', 'buy', 1, 1)`);
  await system.sql(
    `update millrace.coverage c set stale = '{[2026-01-01 10:00Z, 2026-01-01 11:00Z)}'
       from millrace.view v where v.id = c.view_id and v.name = 'activity.parts'`,
  );
  await ticked();
  await until(isIdle);
  await ticked();
  await until(isIdle);
  const rows = await storedRows(system, view);
  expect(rows.flatMap(({ entity_id, at }) => (entity_id === 'eve' ? [at] : []))).toEqual([
    '2026-01-01 11:00:00+00',
    '2026-01-01 12:00:00+00',
  ]);
});

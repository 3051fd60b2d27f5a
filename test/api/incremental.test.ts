// Operations on an incremental view, whose parts are planned, paused and resumed with it.

import { expect, test } from 'vitest';
import { reportAlive } from '../../src/state/processes.ts';
import { activity, HOUR_MS, START_MS, setClock } from '../declared/incremental.ts';
import { identity } from '../queue/world.ts';
import { openApiWorld } from './world.ts';

const VIEW = activity({ tags: ['signals'] });

test('a token of an incremental view can follow the runs of its parts', async () => {
  await using world = await openApiWorld();
  await setClock(world, START_MS + 9 * HOUR_MS);
  await world.apply(VIEW);
  await reportAlive(world.app.database, identity('worker'));
  const { status, body, headers } = await world.ask('/api/v1/views/activity/run', {
    method: 'POST',
    token: 'scopedOperator',
  });
  expect(status).toBe(202);
  const first = await world.ask(String(headers.get('location')), { token: 'scopedOperator' });
  expect([first.status, first.body.view]).toEqual([200, 'activity.parts']);
  const listed = await world.ask('/api/v1/runs?limit=1000', { token: 'scoped' });
  expect(listed.body.runs.map(({ id }: { id: number }) => id).toReversed()).toEqual(body.runs);
});

test('resuming an incremental view says that it changed, although its parts were not paused', async () => {
  await using world = await openApiWorld();
  await world.apply(VIEW);
  await world.sql(`update millrace.view set paused_kind = 'circuit', paused_at = now(),
                          paused_facts = '{"runs": 1, "run": 1, "code": "BUG"}' where name = 'activity'`);
  const post = (verb: string) =>
    world.ask(`/api/v1/views/activity/${verb}`, { method: 'POST', token: 'scopedOperator' });
  expect((await post('resume')).body).toEqual({ view: 'activity', changed: true });
  expect((await post('resume')).body).toEqual({ view: 'activity', changed: false });
  expect((await post('pause')).body).toEqual({ view: 'activity', changed: true });
});

// Rows whose entity is unreadable: an incremental view treats its snapshots as the same view without parts does.

import { expect, test } from 'vitest';
import { slowTest } from '../support/sample.ts';
import { activity, both, hours, moveTo, onlineValues, openShop, PARTS, plain, VIEW } from './incremental.ts';

const SLOW = plain();
const ENTITIES = ['ada', 'bob'];

async function openBoth(hour: number) {
  const world = await openShop(hour);
  await world.sql(`insert into user_events values ('bob', '2026-01-01 02:30Z', 'buy', 1, 1)`);
  await world.apply(VIEW, SLOW);
  const work = async () => {
    await both(world);
    await both(world);
    await world.materialize(SLOW.name);
  };
  await work();
  return Object.assign(world, { work });
}

test('a snapshot with rows of an unreadable entity removes no entity', async () => {
  await using world = await openBoth(8);
  await world.sql(`insert into user_events values ('', '2026-01-01 08:30Z', 'buy', 1, 1)`);
  await moveTo(world, 9);
  await world.work();
  const values = await onlineValues(world, SLOW, ENTITIES);
  expect(values).not.toContain(null);
  expect(await onlineValues(world, VIEW, ENTITIES)).toEqual(values);
  expect(await hours(world, 'unreadable', PARTS)).toBe('8-9');
});

slowTest('all snapshots count as unreadable whose windows contain such a row, until it is gone', async () => {
  await using world = await openBoth(8);
  await world.sql(`insert into user_events values ('', '2026-01-01 08:30Z', 'buy', 1, 1)`);
  for (const hour of [9, 12, 16]) {
    await moveTo(world, hour);
    await world.work();
  }
  expect(await hours(world, 'unreadable', SLOW.name)).toBe('8-14');
  expect(await hours(world, 'unreadable', VIEW.name)).toBe('8-14');
  expect(await onlineValues(world, VIEW, ENTITIES)).toEqual(await onlineValues(world, SLOW, ENTITIES));

  await world.sql(`delete from user_events where user_id = ''`);
  await world.sql(
    `update millrace.coverage set stale = '{[2026-01-01 08:00Z, 2026-01-01 09:00Z)}'
      where view_id = (select id from millrace.view where name = $1)`,
    [PARTS],
  );
  await world.materialize(PARTS);
  expect(await hours(world, 'stale', VIEW.name)).toBe('8-14');
  await world.materialize(VIEW.name);
  expect(await hours(world, 'unreadable', VIEW.name)).toBe('');
});

test('rows without an entity do not matter, also if an interval has no others', async () => {
  await using world = await openShop(8);
  await world.sql(`delete from user_events where at >= '2026-01-01 01:00Z'`);
  await world.sql(`insert into user_events values (null, '2026-01-01 06:30Z', 'buy', 1, 1)`);
  const view = activity({ refused_max: '1%' });
  await world.apply(view);
  await both(world);
  expect(await hours(world, 'covered', PARTS)).toBe('1-8');
  expect(await hours(world, 'unreadable', PARTS)).toBe('');
  expect(await hours(world, 'covered', VIEW.name)).toBe('6-8');
});

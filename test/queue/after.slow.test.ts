// A diamond of views in one job, planned by one tick and done by a worker: each waits for its upstream views.

import { describe, expect, test } from 'vitest';
import { tick } from '../../src/queue/leader/tick.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import { job, openQueueWorld, type QueueWorld } from './world.ts';

const ONE_DAY = { start: at('2026-01-01'), end: at('2026-01-02') };
const hourly = (name: string, after: readonly string[]) => view({ name, after, ...ONE_DAY, unitMs: 3_600_000 });

/** `total` per day after `lines` and `names` per hour after `orders` per hour; waiting views are delivered first. */
async function diamond(): Promise<QueueWorld> {
  const world = await openQueueWorld();
  const { system, queues, log } = world;
  await system.apply(view({ name: 'total', after: ['lines', 'names'], ...ONE_DAY }));
  await system.apply(hourly('lines', ['orders']));
  await system.apply(hourly('names', ['orders']));
  await system.apply(hourly('orders', []));
  const views = ['total', 'lines', 'names', 'orders'];
  await tick({ database: system.app.database, queues, log }, job({ views }));
  return world;
}

const waiting = async ({ system }: QueueWorld) => {
  const rows = await system.sql(
    `select v.name, count(*)::int as runs, min(waiting_for->'facts'->>'views') as first
       from millrace.run r join millrace.view v on v.id = r.view_id
      where state = 'planned' and waiting_for is not null group by 1 order by 1`,
  );
  return rows.map((row) => ({ ...row, runs: Number(row['runs']), first: JSON.parse(String(row['first'])) }));
};

/** The covered spans that an upstream view had not covered by then. */
const TOO_EARLY = `
  select later.id from millrace.event later
    join millrace.view v on v.id = later.view_id, unnest(v.after_views) before
   where later.kind = 'covered' and not later.span <@ (
     select coalesce(range_agg(part), '{}')
       from millrace.event e join millrace.view b on b.id = e.view_id, unnest(e.span) part
      where b.name = before and e.kind = 'covered' and e.id < later.id)`;

describe('after', () => {
  test('orders a diamond of views over hours and a day, and shows what waits', async () => {
    await using world = await diamond();
    const { system } = world;
    await using gate = await system.app.database.reserve();
    await gate.session.run('begin');
    await gate.session.run('lock table spend in access exclusive mode');
    await using _worker = await world.worker();
    const missingText = (end: string, ...names: string[]) => {
      const span = { start: '2026-01-01T00:00:00Z', end, more: 0 };
      return names.map((name) => ({ name, ...span }));
    };
    const hour = missingText('2026-01-01T01:00:00Z', 'orders');
    const expected = [
      { name: 'lines', runs: 24, first: hour },
      { name: 'names', runs: 24, first: hour },
      { name: 'total', runs: 1, first: missingText('2026-01-02T00:00:00Z', 'lines', 'names') },
    ];
    await until(async () => (await waiting(world)).reduce((sum, { runs }) => sum + Number(runs), 0) === 49);
    expect(await waiting(world)).toEqual(expected);
    await gate.session.run('commit');
    const open = `select id from millrace.run where state <> 'done'`;
    await until(async () => (await system.sql(open)).length === 0);
    const covered = `select count(*)::int as covered from millrace.event where kind = 'covered'`;
    expect(await system.sql(covered)).toEqual([{ covered: 73 }]);
    expect(await system.sql(TOO_EARLY)).toEqual([]);
  });
});

import { beforeEach, describe, expect, test } from 'vitest';
import { depsOf } from '../../src/cli/operator.ts';
import { pauseViews, resumeViews } from '../../src/operations/pause.ts';
import { retryFailed } from '../../src/operations/retry.ts';
import { runViews } from '../../src/operations/run.ts';
import { reportAlive, reportEnded } from '../../src/state/processes.ts';
import { openShop, PARTS, VIEW } from '../declared/incremental.ts';
import { identity } from '../queue/world.ts';
import { view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const ADA = { kind: 'command', name: 'ada@test' } as const;

const run = ({ app }: World, views: readonly string[], performer: 'workers' | 'caller') =>
  runViews(depsOf(app), ADA, { views, performer });

describe('runViews', () => {
  let world: World;

  beforeEach(async () => {
    world = await openWorld();
    await world.apply(view({ name: 'first' }), view({ name: 'second' }));
    return () => world[Symbol.asyncDispose]();
  });

  test('plans all of the views or none', async () => {
    await world.sql(`update millrace.view set paused_kind = 'person', paused_by = 'ada', paused_reason = 'moving',
                            paused_at = now() where name = 'second'`);
    await expect(run(world, ['first', 'second'], 'caller')).rejects.toMatchObject({ code: 'VIEW_PAUSED' });
    expect(await world.sql('select id from millrace.run')).toEqual([]);
    expect(await run(world, ['first'], 'caller')).toMatchObject({ open: 2, left: [], delivery: { kind: 'kept' } });
  });

  test('refuses a retired view', async () => {
    await world.sql(`update millrace.view set retired_at = now() where name = 'first'`);
    await expect(run(world, ['first'], 'caller')).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      facts: { view: 'first' },
    });
  });

  test('plans a run of a pushed view only if rows are waiting', async () => {
    await world.apply(view({ name: 'pushed', kind: 'pushed', source: '', query: null, end: null }));
    const paused = await pauseViews(depsOf(world.app), ADA, { views: ['pushed'], reason: null });
    expect(paused.map(({ changed }) => changed)).toEqual([true]);
    const resumed = () => resumeViews(depsOf(world.app), ADA, { views: ['pushed'] });
    expect((await resumed()).map(({ due }) => due)).toEqual([[]]);
    expect((await run(world, ['pushed'], 'caller')).runs).toEqual([]);
    await world.sql(
      `insert into millrace.inbox (view_id, columns, rows, data)
       select id, array['entity_id', 'timestamp', 'pushed'], 1, '[["a","2026-01-05","1"]]'
         from millrace.view where name = 'pushed'`,
    );
    expect((await resumed()).map(({ due }) => due)).toEqual([[null]]);
    expect((await run(world, ['pushed'], 'caller')).runs).toHaveLength(1);
  });

  test('refuses earlier runs without a worker, too', async () => {
    await world.plan('first');
    await expect(run(world, ['first'], 'workers')).rejects.toMatchObject({ code: 'WORKER_MISSING' });
  });

  test('delivers earlier runs that were never delivered; others only while no scheduler is alive', async () => {
    const planned = await world.plan('first');
    const scheduler = identity('scheduler');
    await reportAlive(world.app.database, identity('worker'));
    await reportAlive(world.app.database, scheduler);
    const deliveriesAfter = async () => {
      const { runs, open, delivery } = await run(world, ['first'], 'workers');
      expect({ runs, open, delivery }).toEqual({ runs: [], open: planned.length, delivery: { kind: 'delivered' } });
      return (await world.sql('select deliveries from millrace.run order by id')).map(({ deliveries }) => deliveries);
    };
    expect(await deliveriesAfter()).toEqual([1, 1]);
    expect(await deliveriesAfter()).toEqual([1, 1]);
    await reportEnded(world.app.database, scheduler.id);
    expect(await deliveriesAfter()).toEqual([2, 2]);
  });
});

test('runViews refuses an incremental view whose parts have an edit', async () => {
  await using world = await openShop();
  await world.apply(VIEW);
  await world.sql(`update millrace.view set edited_fingerprint = 'other' where name = $1`, [PARTS]);
  await expect(run(world, [VIEW.name], 'caller')).rejects.toMatchObject({
    code: 'VIEW_CHANGED',
    facts: { view: PARTS },
  });
});

test('retryFailed retries the runs of the parts of an incremental view, too', async () => {
  await using world = await openShop();
  await world.apply(VIEW);
  const failed = await world.plan(PARTS);
  await world.sql('drop table user_events');
  for (const id of failed) await world.perform(id).catch(() => undefined);
  const selection = { views: [VIEW.name], source: null, all: false };
  const request = { selection, codes: [], sinceMs: null, allowRemovals: false, performer: 'caller' } as const;
  const { runs } = await retryFailed(depsOf(world.app), ADA, request);
  expect(runs.map((one) => [one.failed, one.view])).toEqual(failed.map((id) => [id, PARTS]));
});

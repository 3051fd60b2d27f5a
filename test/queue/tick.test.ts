import { describe, expect, test } from 'vitest';
import type { Job } from '../../src/definition/job.ts';
import { isTickMissed } from '../../src/queue/missed-ticks.ts';
import { tick } from '../../src/queue/tick.ts';
import { at, view } from '../support/views.ts';
import { job, openQueueWorld, type QueueWorld } from './world.ts';

const ticked = ({ system, queues, log }: QueueWorld, of: Job) =>
  tick({ database: system.app.database, queues, log }, of);

describe('tick', () => {
  test('plans what is due for each view of the job, with the job’s patience, and delivers it', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    expect(await ticked(world, job())).toEqual({ job: 'nightly', runs: 2, failed: [] });
    expect(await world.queues.run.getWaitingCount()).toBe(2);
    const [run] = await world.system.sql('select reason, options from millrace.run limit 1');
    expect(run).toEqual({
      reason: 'schedule',
      options: { attempts: 3, backoffMs: 10, backoffMaxMs: 20, timeoutMs: 60_000, priority: 5, allowRemovals: false },
    });
  });

  test('does nothing when nothing is due', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await ticked(world, job());
    expect(await ticked(world, job())).toEqual({ job: 'nightly', runs: 0, failed: [] });
    expect(await world.queues.run.getWaitingCount()).toBe(2);
  });

  test('looks at a view once that is named by itself and by its tag', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view({ tags: ['money'] }), view({ name: 'other' }));
    const result = await ticked(world, job({ views: ['tag:money', 'spend'] }));
    expect(result.runs).toBe(2);
    expect(
      await world.system.sql('select distinct v.name from millrace.run r join millrace.view v on v.id = r.view_id'),
    ).toEqual([{ name: 'spend' }]);
  });

  test('goes on with the next view when one fails', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view({ name: 'broken' }), view());
    await world.system.sql(`update millrace.view set spec = spec || '{"unitMs": "no number"}' where name = 'broken'`);
    const result = await ticked(world, job({ views: ['broken', 'spend'] }));
    expect(result).toEqual({ job: 'nightly', runs: 2, failed: ['broken'] });
  });

  test('names the command for a view whose query was edited, and plans nothing for it', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await world.system.apply(view({ query: 'select entity_id, 2 * value as value, {{end}} as timestamp from spend' }));
    expect((await ticked(world, job())).runs).toBe(0);
    expect(world.log.said.find(({ event }) => event === 'view.edited')?.facts).toEqual({
      job: 'nightly',
      view: 'spend',
      message:
        'The query of spend was edited, and nothing runs until you say what that means for its stored rows: "millrace apply spend --restate | --forward-only | --equivalent".',
    });
  });
});

describe('isTickMissed', () => {
  const [before, tickAt, after] = [at('2026-01-05T02:00Z'), at('2026-01-05T03:00Z'), at('2026-01-05T03:10Z')];

  /** The view `spend`, applied and ticked at two o’clock, and asked about at ten past three. */
  async function tickedAtTwo(extra: Parameters<typeof view>[0]): Promise<QueueWorld> {
    const world = await openQueueWorld();
    await setNow(world, before);
    await world.system.apply(view({ end: null, ...extra }));
    await ticked(world, job());
    await setNow(world, after);
    return world;
  }
  const setNow = async ({ system }: QueueWorld, instant: number) =>
    void (await system.sql(
      `create or replace function millrace.now() returns timestamptz language sql volatile
         as $$ select to_timestamp(${instant / 1_000}) $$`,
    ));
  const missed = ({ system }: QueueWorld, until: typeof after) => isTickMissed(system.app.database, job(), until);

  test('is so while some view has not seen the newest tick', async () => {
    await using world = await tickedAtTwo({ unitMs: 3_600_000 });
    expect(await missed(world, after)).toBe(true);
    await ticked(world, job());
    expect(await missed(world, after)).toBe(false);
  });

  test('is not so before the tick was due, nor where it would have found no new unit', async () => {
    await using hourly = await tickedAtTwo({ unitMs: 3_600_000 });
    expect(await missed(hourly, before)).toBe(false);
    await using daily = await tickedAtTwo({});
    expect(await missed(daily, after)).toBe(false);
  });

  test('is not so for views that are paused', async () => {
    await using world = await tickedAtTwo({ unitMs: 3_600_000 });
    await world.system.sql(`update millrace.view set paused_reason = 'by hand'`);
    expect(await missed(world, after)).toBe(false);
  });

  test('is so while a view of kind latest has no run since the tick', async () => {
    await using world = await tickedAtTwo({ kind: 'latest' });
    await world.system.sql(`update millrace.run set state = 'done'`);
    expect(await missed(world, after)).toBe(true);
    await setNow(world, tickAt);
    await ticked(world, job());
    expect(await missed(world, after)).toBe(false);
  });
});

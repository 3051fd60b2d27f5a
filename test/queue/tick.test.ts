import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { safe, textOf } from '../../src/core/message.ts';
import type { Job } from '../../src/definition/job.ts';
import { editSentence } from '../../src/presentation/views/edit-sentence.ts';
import { missedJobs, rememberTicks } from '../../src/queue/leader/missed-ticks.ts';
import { tick } from '../../src/queue/leader/tick.ts';
import type { DeployedJob } from '../../src/state/views/deployment.ts';
import { changeViews } from '../support/change-views.ts';
import { until } from '../support/until.ts';
import { at, EPOCH, view } from '../support/views.ts';
import { job, openQueueWorld, type QueueWorld } from './world.ts';

const ticked = ({ system, queues, log }: QueueWorld, of: Job) =>
  tick({ database: system.app.database, queues, log }, of);

/** Sets the clock of the state database. */
const setNow = async ({ system }: QueueWorld, instant: number) =>
  void (await system.sql(
    `create or replace function millrace.now() returns timestamptz language sql volatile
       as $$ select to_timestamp(${instant / 1_000}) $$`,
  ));

const BUSY = `(select id from millrace.view where name = 'busy')`;

describe('tick', () => {
  test('plans and delivers what is due for each view of the job, with the options of the job', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    expect(await ticked(world, job())).toEqual({ job: 'nightly', runs: 2, failed: [] });
    expect(await world.queues.run.getPrioritizedCount()).toBe(2);
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
    expect(await world.queues.run.getPrioritizedCount()).toBe(2);
  });

  test('writes nothing in a hundred ticks with nothing new, and then the new unit with its lookback', async () => {
    await using world = await openQueueWorld();
    const { system } = world;
    await setNow(world, at('2026-01-05'));
    await system.apply(view({ end: null, lookbackUnits: 2 }));
    await ticked(world, job());
    for (const { id } of await system.sql('select id from millrace.run')) await system.perform(Number(id));
    const written = () =>
      system.sql(
        `select v.xmin::text as view, c.xmin::text as coverage, (select count(*) from millrace.event) as events,
                (select count(*) from millrace.run) as runs
           from millrace.view v, millrace.coverage c`,
      );
    const before = await written();
    for (let count = 0; count < 100; count += 1) expect((await ticked(world, job())).runs).toBe(0);
    expect(await written()).toEqual(before);
    await setNow(world, at('2026-01-06'));
    expect((await ticked(world, job())).runs).toBe(3);
    expect(await system.sql(`select span::text from millrace.run where state = 'planned' order by id`)).toEqual(
      ['03', '04', '05'].map((day) => ({
        span: `["2026-01-${day} 00:00:00+00","2026-01-0${Number(day) + 1} 00:00:00+00")`,
      })),
    );
  });

  test('plans a view once that is listed by name and by tag', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view({ tags: ['money'] }), view({ name: 'other' }));
    const result = await ticked(world, job({ views: ['tag:money', 'spend'] }));
    expect(result.runs).toBe(2);
    expect(
      await world.system.sql('select distinct v.name from millrace.run r join millrace.view v on v.id = r.view_id'),
    ).toEqual([{ name: 'spend' }]);
  });

  test('continues with the next view when one fails', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view({ name: 'broken' }), view());
    // No instant is that long ago.
    await changeViews(world.system.app.database, 'broken', { settleMs: 200_000 * 365 * 86_400_000 });
    const result = await ticked(world, job({ views: ['broken', 'spend'] }));
    expect(result).toEqual({ job: 'nightly', runs: 2, failed: ['broken'] });
  });

  test.each([
    ['is being committed', `select 1 from millrace.coverage where view_id = ${BUSY} for update`],
    ['is being planned by another', `select pg_advisory_xact_lock(hashtextextended('millrace.plan.' || ${BUSY}, 1))`],
  ])('plans and delivers the others while a view %s, and that view afterwards', async (_, lock) => {
    await using world = await openQueueWorld();
    const { system, queues } = world;
    await system.apply(view({ name: 'busy' }));
    await system.apply(view());
    // So that there is something to record at the commit.
    await system.sql('update millrace.coverage set frontier = null');
    let done: unknown = null;
    const ticking = await system.app.database.transaction(async (session) => {
      await session.run(lock);
      const result = ticked(world, job({ views: ['busy', 'spend'] })).then((ended) => {
        done = ended;
      });
      await until(async () => (await queues.run.getPrioritizedCount()) === 2);
      expect(await session.query(`select 1 from millrace.run where view_id = ${BUSY}`)).toEqual([]);
      expect(done).toBeNull();
      return { result };
    });
    await ticking.result;
    expect(done).toEqual({ job: 'nightly', runs: 4, failed: [] });
    expect(await queues.run.getPrioritizedCount()).toBe(4);
  });

  test('records the runs although the queue is unavailable', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    const exchange = () => Promise.reject(new Failure('QUEUE_UNAVAILABLE', safe('The queue does not answer.')));
    const away = { ...world, queues: { ...world.queues, exchange } };
    expect(await ticked(away, job())).toEqual({ job: 'nightly', runs: 2, failed: [] });
    expect(world.log.said.find(({ event }) => event === 'tick.undelivered')?.facts).toEqual({
      job: 'nightly',
      runs: 2,
      message: 'The queue does not answer.',
    });
  });

  test('names the command for a view whose query was edited, and plans nothing for it', async () => {
    await using world = await openQueueWorld();
    await world.system.apply(view());
    await world.system.sql('update millrace.coverage set rows = 1');
    await world.system.apply(view({ query: 'select entity_id, 2 * value as value, {{end}} as timestamp from spend' }));
    expect((await ticked(world, job())).runs).toBe(0);
    expect(world.log.said.find(({ event }) => event === 'view.edited')?.facts).toEqual({
      job: 'nightly',
      view: 'spend',
      message: textOf(editSentence('spend')),
    });
  });
});

describe('missedJobs', () => {
  const [before, tickAt, after] = [at('2026-01-05T02:00Z'), at('2026-01-05T03:00Z'), at('2026-01-05T03:10Z')];

  /** The view `spend`, deployed and ticked at two o’clock, checked at ten past three. */
  async function tickedAtTwo(extra: Parameters<typeof view>[0]): Promise<QueueWorld> {
    const world = await openQueueWorld();
    await setNow(world, before);
    await world.system.apply(view({ end: null, ...extra }));
    await ticked(world, job());
    await setNow(world, after);
    return world;
  }
  const missed = async ({ system }: QueueWorld, until: typeof after, extra: Partial<DeployedJob> = {}) => {
    const of = { ...job(), since: EPOCH, ...extra };
    return (await missedJobs(system.app.database, [of], { until, lastTick: rememberTicks() })).length > 0;
  };

  test('includes a job while a view has not seen the newest tick', async () => {
    await using world = await tickedAtTwo({ unitMs: 3_600_000 });
    expect(await missed(world, after)).toBe(true);
    await ticked(world, job());
    expect(await missed(world, after)).toBe(false);
  });

  test('excludes ticks that are not due or have no new unit', async () => {
    await using hourly = await tickedAtTwo({ unitMs: 3_600_000 });
    expect(await missed(hourly, before)).toBe(false);
    await using daily = await tickedAtTwo({});
    expect(await missed(daily, after)).toBe(false);
  });

  test('excludes paused views', async () => {
    await using world = await tickedAtTwo({ unitMs: 3_600_000 });
    await world.system.sql(`update millrace.view set paused_kind = 'person', paused_reason = 'by hand'`);
    expect(await missed(world, after)).toBe(false);
  });

  test('excludes ticks before the schedule, and paused jobs', async () => {
    await using world = await tickedAtTwo({ unitMs: 3_600_000 });
    expect(await missed(world, after, { since: tickAt })).toBe(true);
    expect(await missed(world, after, { since: after })).toBe(false);
    expect(await missed(world, after, { paused: true })).toBe(false);
  });

  test('includes a job that lists the view by tag', async () => {
    await using world = await tickedAtTwo({ unitMs: 3_600_000, tags: ['money'] });
    expect(await missed(world, after, { views: ['tag:money'] })).toBe(true);
    expect(await missed(world, after, { views: ['money', 'tag:spend'] })).toBe(false);
  });

  test('includes a view of kind latest without a run since the tick', async () => {
    await using world = await tickedAtTwo({ kind: 'latest' });
    await world.system.sql(`update millrace.run set state = 'done'`);
    expect(await missed(world, after)).toBe(true);
    await setNow(world, tickAt);
    await ticked(world, job());
    expect(await missed(world, after)).toBe(false);
  });
});

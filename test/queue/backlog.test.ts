// A backlog is planned and delivered as runs close, and delays no other view.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { deliverRuns } from '../../src/queue/delivery/deliver.ts';
import { missedJobs, rememberTicks } from '../../src/queue/leader/missed-ticks.ts';
import { reconcile } from '../../src/queue/leader/reconcile.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../src/queue/settings.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { slowSuite } from '../support/sample.ts';
import { until } from '../support/until.ts';
import { at, EPOCH, view } from '../support/views.ts';
import { job, openQueueWorld, type QueueWorld, states } from './world.ts';

/** A week of the view `spend`; a tick of the job has planned one day and left out the others. */
async function partlyPlanned(): Promise<QueueWorld & { readonly planned: number }> {
  const world = await openQueueWorld();
  await world.system.apply(view({ end: at('2026-01-08') }));
  const [run] = await world.system.sql(
    `insert into millrace.run (view_id, span, reason, fingerprint, options)
       select id, '[2026-01-01,2026-01-02)', 'schedule', data_fingerprint, $1 from millrace.view returning id`,
    [JSON.stringify(DEFAULT_RUN_OPTIONS)],
  );
  await world.system.sql(
    `insert into millrace.backlog (view_id, reason, options, span)
       select id, 'schedule', '{"attempts": 7, "backoffMs": 10, "backoffMaxMs": 20, "timeoutMs": 60000, "priority": 3, "allowRemovals": false}',
              '{[2026-01-02,2026-01-08)}' from millrace.view`,
  );
  await world.system.sql(`update millrace.coverage set frontier = '2026-01-02'`);
  return Object.assign(world, { planned: Number(run?.['id']) });
}

const optionsOfRuns = async ({ system }: QueueWorld) =>
  system.sql(
    `select min(lower(span))::text as from, max(upper(span))::text as to, options->'attempts' as attempts, count(*)::int as runs
       from millrace.run where span <> '[2026-01-01,2026-01-02)' group by 3`,
  );

async function reconciled({ system, queues, log }: QueueWorld): Promise<void> {
  const schedules = { jobs: null, takenSince: null, lastTick: rememberTicks() };
  const options = { database: system.app.database, queues, ...schedules, clock: systemClock, log };
  await reconcile({ ...options, settings: DEFAULT_QUEUE_SETTINGS }, new AbortController().signal);
}

const REST = [{ from: '2026-01-02 00:00:00+00', to: '2026-01-08 00:00:00+00', attempts: 7, runs: 6 }];

slowSuite('planBacklogAfterRun', () => {
  test('plans the rest when a run closes, with the options of its job', async () => {
    await using world = await partlyPlanned();
    await deliverRuns(world.queues, world.system.app.database, [world.planned]);
    await using _worker = await world.worker();
    await until(async () => (await states(world)).join() === Array(7).fill('done').join());
    expect(await optionsOfRuns(world)).toEqual(REST);
    expect(await world.system.sql('select id from millrace.backlog')).toEqual([]);
  });
});

describe('reconcile', () => {
  test('plans and delivers the backlog, even if no run closes', async () => {
    await using world = await partlyPlanned();
    await reconciled(world);
    expect(await optionsOfRuns(world)).toEqual(REST);
    expect(await world.queues.run.getPrioritizedCount()).toBe(6);
    expect(world.log.said.find(({ event }) => event === 'backlog.planned')?.facts).toEqual({
      view: 'spend',
      runs: 6,
      leftUnits: 0,
    });
  });

  test('plans nothing for a paused view, and the rest when it is resumed', async () => {
    await using world = await partlyPlanned();
    await world.system.sql(`update millrace.view set paused_kind = 'person', paused_reason = 'by hand'`);
    await reconciled(world);
    expect(await optionsOfRuns(world)).toEqual([]);
    await world.system.sql('update millrace.view set paused_kind = null');
    await reconciled(world);
    expect(await optionsOfRuns(world)).toEqual(REST);
  });
});

describe('missedJobs', () => {
  test('does not count a tick with a backlog as missed', async () => {
    await using world = await partlyPlanned();
    const of = { ...job(), since: EPOCH };
    const missed = () =>
      missedJobs(world.system.app.database, [of], { until: at('2027-01-01'), lastTick: rememberTicks() });
    await world.system.sql(`update millrace.view set applied_at = '2026-01-01'`);
    expect(await missed()).toEqual([]);
    await world.system.sql('delete from millrace.backlog');
    expect(await missed()).toEqual([of]);
  });
});

describe('deliverRuns', () => {
  test('prefers the later run of another view to a long backlog', async () => {
    await using world = await openQueueWorld();
    const past = view({ name: 'past', unitMs: 60_000, start: at('2026-01-01'), end: at('2026-01-01T03:20Z') });
    await world.system.apply(past, view({ name: 'daily', end: at('2026-01-02') }));
    const { database } = world.system.app;
    await deliverRuns(world.queues, database, await world.system.plan('past'));
    await deliverRuns(world.queues, database, await world.system.plan('daily'));
    const jobs = await world.queues.run.getPrioritized(0, -1);
    expect(jobs).toHaveLength(201);
    expect(jobs.findIndex(({ name }) => name === 'daily')).toBe(100);
  });
});

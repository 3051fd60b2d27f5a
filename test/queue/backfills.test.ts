import { describe, expect, test } from 'vitest';
import { deliverRuns } from '../../src/queue/delivery/deliver.ts';
import { advanceBackfill } from '../../src/state/backfills/advance.ts';
import { startBackfill } from '../../src/state/backfills/backfill.ts';
import { pauseBackfill } from '../../src/state/backfills/control.ts';
import { type BackfillOverview, backfillOverviews } from '../../src/state/backfills/overview.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import { openQueueWorld, type QueueWorld } from './world.ts';

/** A running backfill of the days up to `to`, with one open chunk at a time and no planned runs; returns its id. */
async function begin(world: QueueWorld, to = '2026-01-06'): Promise<number> {
  await world.system.apply(view({ catchUp: 'none', end: at('2026-01-06') }));
  const { database } = world.system.app;
  const { id } = await startBackfill(database, await requireAppliedView(database, 'spend'), {
    range: { from: null, to: at(to) },
    mode: 'missing',
    order: 'oldest',
    chunkUnits: null,
    parallel: 1,
    options: DEFAULT_RUN_OPTIONS,
    askedBy: 'test',
  });
  if (id === null) throw new Error('there was nothing to do');
  return id;
}

async function overview(world: QueueWorld, id: number): Promise<BackfillOverview | undefined> {
  return (await backfillOverviews(world.system.app.database, { ids: [id] })).at(0);
}

const untilComplete = (world: QueueWorld, id: number) =>
  until(async () => (await overview(world, id))?.state === 'complete');

describe('advanceAfterRun', () => {
  test('delivers the next chunk when a worker has finished one, in the queue of backfills', async () => {
    await using world = await openQueueWorld();
    const { database } = world.system.app;
    const id = await begin(world);
    await deliverRuns(world.queues, database, await advanceBackfill(database, id));
    await using _worker = await world.worker();
    await untilComplete(world, id);
    expect((await overview(world, id))?.chunks).toMatchObject({ total: 5, done: 5 });
    await until(async () => (await world.queues.backfill.getCompletedCount()) === 5);
    expect(await world.queues.run.getCompletedCount()).toBe(0);
  });

  test('closes a paused backfill when its last run has ended', async () => {
    await using world = await openQueueWorld();
    const { database } = world.system.app;
    const id = await begin(world, '2026-01-02');
    const runs = await advanceBackfill(database, id);
    // As if a worker had it, and another one reclaimed it.
    await world.system.sql(`update millrace.run set state = 'active', stage = 'extract', epoch = 1`);
    expect(await pauseBackfill(database, id)).toEqual({ changed: true, runs: [] });
    await deliverRuns(world.queues, database, runs);
    await using _worker = await world.worker();
    await untilComplete(world, id);
  });

  test('continues with a chunk that waited for a run of the schedule', async () => {
    await using world = await openQueueWorld();
    const { database } = world.system.app;
    const id = await begin(world);
    const [other] = await world.system.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, options)
       select id, '[2026-01-01 00:00Z,2026-01-06 00:00Z)', 'schedule', data_fingerprint, $1 from millrace.view returning id`,
      [JSON.stringify(DEFAULT_RUN_OPTIONS)],
    );
    expect(await advanceBackfill(database, id)).toEqual([]);
    await using _worker = await world.worker();
    await deliverRuns(world.queues, database, [Number(other?.['id'])]);
    await untilComplete(world, id);
    expect((await overview(world, id))?.chunks).toMatchObject({ total: 5, skipped: 5 });
  });
});

describe('advanceBackfills', () => {
  test('restores what was lost, each period', async () => {
    await using world = await openQueueWorld();
    // The process that started it died before it planned the first run.
    const id = await begin(world);
    await using _scheduler = await world.scheduler();
    await using _worker = await world.worker();
    await until(async () => ((await overview(world, id))?.chunks.done ?? 0) >= 2);
    await world.queues.exchange((redis) => redis.flushdb());
    await untilComplete(world, id);
  });
});

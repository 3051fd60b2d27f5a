import { describe, expect, test } from 'vitest';
import { backfillsAfter, openBackfills } from '../../../src/state/backfills/advance.ts';
import { cancelBackfill, pauseBackfill, resumeBackfill } from '../../../src/state/backfills/control.ts';
import { retryRuns } from '../../../src/state/runs/retry.ts';
import { type BackfillWorld, backfillWorld, refusalOf, VISITS } from './backfill-world.ts';

/** A worker has just started this run. */
async function begin(world: BackfillWorld, run: number | undefined): Promise<void> {
  await world.sql(
    `update millrace.run set state = 'active', stage = 'extract', epoch = 1, owner = 'worker' where id = $1`,
    [run],
  );
}

describe('pauseBackfill', () => {
  test('supersedes planned runs, and lets active runs finish', async () => {
    await using world = await backfillWorld();
    const { database } = world.app;
    const id = await world.start({ parallel: 3 });
    const [first, second, third] = await world.advance(id);
    await begin(world, first);
    expect(await pauseBackfill(database, id)).toEqual({ changed: true, runs: [second, third] });
    expect(await pauseBackfill(database, id)).toEqual({ changed: false, runs: [] });
    expect(await world.chunks(id)).toEqual(['00-03 running', '03-06 waiting', '06-09 waiting', '09-12 waiting']);
    // Its job is still in the queue.
    expect(await world.perform(second ?? 0)).toMatchObject({ kind: 'skipped' });
    await world.sql(`update millrace.run set owner = null where id = $1`, [first]);
    await world.perform(first ?? 0);
    expect(await world.advance(id)).toEqual([]);
    expect(await world.overview(id)).toMatchObject({ state: 'paused', rest: null, chunks: { done: 1, waiting: 3 } });
    expect(await world.sets()).toMatchObject({ covered: '{[00,03)}', held: '{}' });
  });

  test('continues with resumeBackfill, doing nothing twice', async () => {
    await using world = await backfillWorld();
    const { database } = world.app;
    const id = await world.start();
    const [first = 0] = await world.advance(id);
    await world.perform(first);
    await pauseBackfill(database, id);
    expect(await resumeBackfill(database, id)).toEqual({ changed: true, chunks: 3 });
    expect(await resumeBackfill(database, id)).toEqual({ changed: false, chunks: 3 });
    expect(await world.finish(id)).toMatchObject({ state: 'complete', chunks: { total: 4, done: 4 } });
    expect(
      await world.sql(`select lower(span)::time::text as begin from millrace.event where kind = 'covered'`),
    ).toHaveLength(4);
  });

  test('closes it when its last run ends after that', async () => {
    await using world = await backfillWorld();
    const { database } = world.app;
    const id = await world.start({ to: '2026-01-01T03:00Z' });
    const [only = 0] = await world.advance(id);
    await begin(world, only);
    expect(await pauseBackfill(database, id)).toEqual({ changed: true, runs: [] });
    expect(await world.advance(id)).toEqual([]);
    expect((await world.overview(id)).state).toBe('paused');
    await world.sql(`update millrace.run set owner = null where id = $1`, [only]);
    await world.perform(only);
    expect(await backfillsAfter(database, only)).toEqual([{ id, state: 'paused' }]);
    expect(await openBackfills(database)).toEqual([{ id, state: 'paused' }]);
    expect(await world.advance(id)).toEqual([]);
    expect(await world.overview(id)).toMatchObject({ state: 'complete', closedAt: expect.any(Number) });
  });

  test('closes a backfill with nothing left to do', async () => {
    await using world = await backfillWorld();
    const id = await world.start({ to: '2026-01-01T03:00Z' });
    for (const run of await world.advance(id)) await world.perform(run);
    expect(await pauseBackfill(world.app.database, id)).toEqual({ changed: true, runs: [] });
    expect(await world.overview(id)).toMatchObject({ state: 'complete', closedAt: expect.any(Number) });
  });

  test('does not lose a retry that it superseded', async () => {
    await using world = await backfillWorld();
    const { database } = world.app;
    await world.sql('update visits set value = 0 where extract(hour from at) = 1');
    const id = await world.start({ parallel: 1 });
    const [failed = 0] = await world.advance(id);
    await world.perform(failed);
    await world.sql('update visits set value = 1 where value = 0');
    const retried = await retryRuns(database, [failed]);
    expect(await pauseBackfill(database, id)).toEqual({ changed: true, runs: retried });
    await resumeBackfill(database, id);
    expect(await world.finish(id)).toMatchObject({ state: 'complete', chunks: { total: 4, done: 4 } });
  });

  test('leaves superseded units to the schedule', async () => {
    await using world = await backfillWorld();
    const id = await world.start();
    await world.advance(id);
    await pauseBackfill(world.app.database, id);
    expect(await world.plan('visits')).toEqual([]);
    expect(await world.sets()).toMatchObject({ skipped: '{[00,12)}' });
  });
});

describe('cancelBackfill', () => {
  test('ends its runs, and holds the spans of active ones', async () => {
    await using world = await backfillWorld({ ...VISITS, catchUp: 'all' });
    const { database } = world.app;
    const id = await world.start({ parallel: 3, to: '2026-01-01T09:00Z' });
    const [first, second, third] = await world.advance(id);
    await begin(world, second);
    await world.perform(first ?? 0);
    expect(await cancelBackfill(database, id)).toEqual({ changed: true, runs: [second, third], committed: [] });
    expect(await cancelBackfill(database, id)).toEqual({ changed: false, runs: [], committed: [] });
    expect(await world.chunks(id)).toEqual(['00-03 done', '03-06 cancelled', '06-09 cancelled']);
    expect(await world.sets()).toMatchObject({ covered: '{[00,03)}', held: '{[03,06)}' });
    expect(await world.sql('select epoch, state from millrace.run where id = $1', [second])).toEqual([
      { epoch: 2, state: 'cancelled' },
    ]);
    expect(await world.sql(`select span::text, note from millrace.event where kind = 'held'`)).toEqual([
      {
        span: '{["2026-01-01 03:00:00+00","2026-01-01 06:00:00+00")}',
        note: { kind: 'backfill_cancelled', facts: { backfill: id } },
      },
    ]);
    expect(await world.advance(id)).toEqual([]);
    // Waiting units are as due as before.
    await world.plan('visits');
    expect(await world.sql(`select span::text from millrace.run where state = 'planned'`)).toEqual([
      { span: '["2026-01-01 06:00:00+00","2026-01-01 12:00:00+00")' },
    ]);
  });

  test('does not hold covered spans', async () => {
    await using world = await backfillWorld();
    await world.finish(await world.start());
    const id = await world.start({ mode: 'all' });
    const [first] = await world.advance(id);
    await begin(world, first);
    await cancelBackfill(world.app.database, id);
    expect(await world.sets()).toMatchObject({ covered: '{[00,12)}', held: '{}' });
  });

  test('lets a committed run finish, since its rows are stored', async () => {
    await using world = await backfillWorld();
    const id = await world.start();
    const [first] = await world.advance(id);
    await world.sql(`update millrace.run set state = 'committed' where id = $1`, [first]);
    const cancelled = await cancelBackfill(world.app.database, id);
    expect(cancelled).toMatchObject({ changed: true, committed: [first] });
    expect((await world.chunks(id))[0]).toBe('00-03 running');
  });

  test('is undone by resumeBackfill, which does only the rest', async () => {
    await using world = await backfillWorld();
    const { database } = world.app;
    const id = await world.start();
    const [first, second] = await world.advance(id);
    await world.perform(first ?? 0);
    await begin(world, second);
    await cancelBackfill(database, id);
    expect(await resumeBackfill(database, id)).toEqual({ changed: true, chunks: 3 });
    expect(await world.finish(id)).toMatchObject({
      state: 'complete',
      chunks: { total: 4, done: 4 },
      closedAt: expect.any(Number),
    });
    expect(await world.sets()).toMatchObject({ covered: '{[00,12)}', held: '{}' });
    expect(await world.sql(`select id from millrace.event where kind = 'covered'`)).toHaveLength(4);
  });
});

describe('resumeBackfill', () => {
  test('retries only what has failed', async () => {
    await using world = await backfillWorld();
    await world.sql('update visits set value = 0 where extract(hour from at) = 4');
    const id = await world.start();
    const partial = await world.finish(id);
    expect(partial).toMatchObject({ state: 'partial', chunks: { done: 3, failed: 1 }, closedAt: expect.any(Number) });
    await world.sql('update visits set value = 2 where value = 0');
    expect(await resumeBackfill(world.app.database, id)).toEqual({ changed: true, chunks: 1 });
    expect(await world.advance(id)).toHaveLength(1);
    expect(await world.chunks(id)).toEqual(['00-03 done', '03-06 waiting', '06-09 done', '09-12 done']);
    const [again] = await world.sql(`select max(id) as id from millrace.run`);
    await world.perform(Number(again?.['id']));
    expect(await world.finish(id)).toMatchObject({ state: 'complete', chunks: { done: 4, failed: 0 } });
    expect(await world.sets()).toMatchObject({ covered: '{[00,12)}', held: '{}' });
  });

  test('retries failed chunks of a paused backfill', async () => {
    await using world = await backfillWorld();
    await world.sql('update visits set value = 0 where extract(hour from at) = 1');
    const id = await world.start({ parallel: 1 });
    for (const run of await world.advance(id)) await world.perform(run);
    await pauseBackfill(world.app.database, id);
    await world.sql('update visits set value = 2 where value = 0');
    expect(await resumeBackfill(world.app.database, id)).toEqual({ changed: true, chunks: 4 });
    expect(await world.finish(id)).toMatchObject({ state: 'complete', chunks: { done: 4, failed: 0 } });
    expect(await world.sets()).toMatchObject({ covered: '{[00,12)}', held: '{}' });
  });

  test('resets the failure count of one that paused itself', async () => {
    await using world = await backfillWorld({ ...VISITS, failuresMax: 1 });
    await world.sql('update visits set value = 0 where extract(hour from at) in (1, 4)');
    const id = await world.start({ parallel: 1 });
    expect(await world.finish(id)).toMatchObject({ state: 'paused', chunks: { failed: 1 } });
    await world.setClock('2026-01-01 12:00:01Z');
    await world.sql('update visits set value = 1 where extract(hour from at) = 1');
    await resumeBackfill(world.app.database, id);
    expect(await world.finish(id)).toMatchObject({ state: 'paused', chunks: { done: 1, failed: 1, waiting: 2 } });
    await world.setClock('2026-01-01 12:00:02Z');
    await world.sql('update visits set value = 1 where extract(hour from at) = 4');
    await resumeBackfill(world.app.database, id);
    expect(await world.finish(id)).toMatchObject({ state: 'complete', rest: null, chunks: { failed: 0, done: 4 } });
  });

  test('is refused with a sentence if it makes no sense', async () => {
    await using world = await backfillWorld();
    const { database } = world.app;
    const done = await world.start({ to: '2026-01-01T03:00Z' });
    await world.finish(done);
    const cancelled = await world.start({ from: '2026-01-01T03:00Z' });
    await cancelBackfill(database, cancelled);
    const other = await world.start({ from: '2026-01-01T06:00Z' });
    expect([
      await refusalOf(resumeBackfill(database, 99)),
      await refusalOf(resumeBackfill(database, done)),
      await refusalOf(cancelBackfill(database, done)),
      await refusalOf(pauseBackfill(database, cancelled)),
      await refusalOf(resumeBackfill(database, cancelled)),
    ]).toEqual([
      ['NOT_FOUND', 'There is no backfill 99: "millrace backfills --all" lists all backfills.'],
      [
        'ARGUMENT_INVALID',
        `Backfill ${done} of visits cannot be resumed because all of its units are done. To see it, run "millrace backfills show ${done}".`,
      ],
      [
        'ARGUMENT_INVALID',
        `Backfill ${done} of visits cannot be cancelled because all of its units are done. To see it, run "millrace backfills show ${done}".`,
      ],
      [
        'ARGUMENT_INVALID',
        `Backfill ${cancelled} of visits cannot be paused because it has already ended (cancelled). To run the rest, use "millrace backfills resume ${cancelled}".`,
      ],
      [
        'BACKFILL_OVERLAPS',
        `Backfill ${other} of visits is running and covers [2026-01-01T06:00:00Z, 2026-01-01T12:00:00Z), which overlaps [2026-01-01T03:00:00Z, 2026-01-01T12:00:00Z): wait for it, or cancel it with "millrace backfills cancel ${other}".`,
      ],
    ]);
  });
});

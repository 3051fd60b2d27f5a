import { describe, expect, test } from 'vitest';
import { cancelBackfill } from '../../../src/state/backfills/control.ts';
import { retryableRuns, retryRuns } from '../../../src/state/runs/retry.ts';
import { findRun } from '../../../src/state/runs/run.ts';
import { view } from '../../support/views.ts';
import { type BackfillWorld, backfillWorld, refusalOf, VISITS } from '../backfills/backfill-world.ts';

/** A backfill that failed at hour 4, in its chunk 03-06. */
async function partialWorld(): Promise<{ world: BackfillWorld; id: number; failed: number }> {
  const world = await backfillWorld();
  await world.sql('update visits set value = 0 where extract(hour from at) = 4');
  const id = await world.start();
  await world.finish(id);
  const [run] = await world.sql(`select id from millrace.run where state = 'failed'`);
  await world.sql('update visits set value = 2 where value = 0');
  return { world, id, failed: Number(run?.['id']) };
}

describe('retryRuns', () => {
  test('plans a run over the held span of a failed run', async () => {
    const { world, failed } = await partialWorld();
    await using _ = world;
    expect(await retryableRuns(world.app.database, 'visits')).toEqual([failed]);
    const [again = 0, ...others] = await retryRuns(world.app.database, [failed, failed]);
    expect(others).toEqual([]);
    expect(await world.sql('select span::text, reason, state from millrace.run where id = $1', [again])).toEqual([
      { span: '["2026-01-01 03:00:00+00","2026-01-01 06:00:00+00")', reason: 'manual', state: 'planned' },
    ]);
    expect(await retryableRuns(world.app.database, null)).toEqual([]);
    await world.perform(again);
    expect(await world.sets()).toMatchObject({ covered: '{[00,12)}', held: '{}' });
  });

  test('allows removals on request, and keeps the other options', async () => {
    const { world, failed } = await partialWorld();
    await using _ = world;
    const optionsOf = async (run: number) =>
      (await world.sql('select options from millrace.run where id = $1', [run]))[0]?.['options'];
    const before = await optionsOf(failed);
    const [again = 0] = await retryRuns(world.app.database, [failed], { allowRemovals: true });
    expect(before).toMatchObject({ allowRemovals: false });
    expect(await optionsOf(again)).toEqual({ ...Object(before), allowRemovals: true });
  });

  test('does not keep what an edit of the ids allows', async () => {
    const { world, failed } = await partialWorld();
    await using _ = world;
    await world.sql(`update millrace.coverage set old_ids = '{(,)}'`);
    expect((await findRun(world.app.database, failed))?.options.allowRemovals).toBe(true);
    const [again = 0] = await retryRuns(world.app.database, [failed]);
    await world.sql(`update millrace.coverage set old_ids = '{}'`);
    expect((await findRun(world.app.database, again))?.options.allowRemovals).toBe(false);
  });

  test('reopens a partial backfill until the new run has ended', async () => {
    const { world, id, failed } = await partialWorld();
    await using _ = world;
    const [again = 0] = await retryRuns(world.app.database, [failed]);
    expect(await world.overview(id)).toMatchObject({
      state: 'running',
      closedAt: null,
      chunks: { waiting: 1, done: 3 },
    });
    await world.perform(again);
    expect(await world.finish(id)).toMatchObject({ state: 'complete', chunks: { failed: 0, done: 4 } });
  });

  test('counts for each backfill that waits for its span, with any of its runs', async () => {
    const { world, id, failed } = await partialWorld();
    await using _ = world;
    await world.sql('update visits set value = 0 where extract(hour from at) = 4');
    const [second = 0] = await retryRuns(world.app.database, [failed]);
    await world.perform(second);
    expect(await world.finish(id)).toMatchObject({ state: 'partial', chunks: { failed: 1 } });
    await world.sql('update visits set value = 2 where value = 0');
    const [third = 0] = await retryRuns(world.app.database, [failed]);
    await world.perform(third);
    expect(await world.finish(id)).toMatchObject({ state: 'complete', chunks: { failed: 0, done: 4 } });
  });

  test('reopens the newest of several partial backfills', async () => {
    const { world, id, failed } = await partialWorld();
    await using _ = world;
    await world.sql('update visits set value = 0 where extract(hour from at) = 4');
    const newer = await world.start({ mode: 'failed' });
    expect((await world.finish(newer)).state).toBe('partial');
    await world.sql('update visits set value = 2 where value = 0');
    const [again = 0] = await retryRuns(world.app.database, [failed]);
    await world.perform(again);
    expect([await world.finish(newer), await world.overview(id)]).toMatchObject([
      { state: 'complete' },
      { state: 'partial' },
    ]);
  });

  test('leaves a closed backfill if another one has taken its range', async () => {
    const { world, id, failed } = await partialWorld();
    await using _ = world;
    await world.start({ mode: 'all', from: '2026-01-01T09:00Z' });
    const [again = 0] = await retryRuns(world.app.database, [failed]);
    await world.perform(again);
    expect(await world.overview(id)).toMatchObject({ state: 'partial', chunks: { failed: 1 } });
    expect(await world.sets()).toMatchObject({ covered: '{[00,12)}', held: '{}' });
  });

  test('retries the active run of a cancelled backfill', async () => {
    await using world = await backfillWorld();
    const id = await world.start();
    const [first = 0] = await world.advance(id);
    await world.sql(`update millrace.run set state = 'active', stage = 'extract', epoch = 1 where id = $1`, [first]);
    await cancelBackfill(world.app.database, id);
    const [again = 0] = await retryRuns(world.app.database, await retryableRuns(world.app.database, null));
    await world.perform(again);
    expect(await world.sets()).toMatchObject({ covered: '{[00,03)}', held: '{}' });
    expect((await world.overview(id)).state).toBe('cancelled');
  });

  test('plans all or none, and says why', async () => {
    const { world, failed } = await partialWorld();
    await using _ = world;
    const { database } = world.app;
    await world.apply(view({ name: 'rates', kind: 'latest', query: 'select 1 / 0 as entity_id' }));
    const [latest = 0] = await world.plan('rates', { attempts: 1 });
    await world.perform(latest);
    const done = failed - 1;
    const runs = () => world.sql('select count(*) from millrace.run');
    const before = await runs();
    const missing = await refusalOf(retryRuns(database, [failed, 99]));
    const wasDone = await refusalOf(retryRuns(database, [failed, done]));
    const ofLatest = await refusalOf(retryRuns(database, [latest]));
    await world.sql(`update millrace.view set paused_kind = 'person', paused_reason = 'rest' where name = 'visits'`);
    const [paused] = await refusalOf(retryRuns(database, [failed]));
    await world.sql('update millrace.view set paused_kind = null');
    expect(await runs()).toEqual(before);
    const [again = 0] = await retryRuns(database, [failed]);
    const open = await refusalOf(retryRuns(database, [failed]));
    await world.perform(again);
    const released = await refusalOf(retryRuns(database, [failed]));
    await world.sql(`update millrace.view set data_fingerprint = 'another' where name = 'visits'`);
    const superseded = await refusalOf(retryRuns(database, [failed]));
    const run = `Run ${failed} of visits`;
    expect({ missing, wasDone, ofLatest, paused, open, released, superseded }).toEqual({
      missing: ['NOT_FOUND', 'There is no run 99: "millrace runs" lists the runs.'],
      wasDone: [
        'ARGUMENT_INVALID',
        `Run ${done} of visits is done; only failed or cancelled runs can be retried: to read stored rows again, run "millrace restate visits".`,
      ],
      ofLatest: [
        'ARGUMENT_INVALID',
        `Run ${latest} of rates belongs to a \`latest\` view, which has no past intervals: to run what is due now, use "millrace run rates".`,
      ],
      paused: 'VIEW_PAUSED',
      open: [
        'ARGUMENT_INVALID',
        `${run} does not need to be retried, because run ${again} is already planned for [2026-01-01T03:00:00Z, 2026-01-01T06:00:00Z): follow it with "millrace runs show ${again}".`,
      ],
      released: [
        'ARGUMENT_INVALID',
        `${run} has nothing to retry, because [2026-01-01T03:00:00Z, 2026-01-01T06:00:00Z) is no longer held (another run covered it, or it was released): to run what is due now, use "millrace run visits".`,
      ],
      superseded: [
        'ARGUMENT_INVALID',
        `${run} was planned for an earlier version of the query: to run what is due now, use "millrace run visits".`,
      ],
    });
  });

  test('returns runs in the requested order', async () => {
    await using world = await backfillWorld({ ...VISITS, failuresMax: 0 });
    await world.sql('update visits set value = 0');
    await world.finish(await world.start());
    const failed = await retryableRuns(world.app.database, 'visits');
    expect(failed).toEqual([4, 3, 2, 1]);
    await retryRuns(world.app.database, [2, 4]);
    expect(
      await world.sql('select lower(span)::time::text as begin from millrace.run where id > 4 order by id'),
    ).toEqual([{ begin: '03:00:00' }, { begin: '09:00:00' }]);
    expect(await retryableRuns(world.app.database, 'visits')).toEqual([3, 1]);
  });
});

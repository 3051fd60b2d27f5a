import { describe, expect, test } from 'vitest';
import { resumeBackfill } from '../../../src/state/backfills/control.ts';
import { planDue } from '../../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/state/runs/run.ts';
import { applyEdit } from '../../../src/state/views/edit.ts';
import { pauseView, resumeView } from '../../../src/state/views/pause.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { fingerprinted } from '../../support/views.ts';
import { type BackfillWorld, backfillWorld, HOUR_MS, VISITS } from './backfill-world.ts';

/** A tick: what the schedule plans now. */
async function tick(world: BackfillWorld): Promise<number[]> {
  const { database } = world.app;
  return planDue(database, await requireAppliedView(database, 'visits'), 'schedule', DEFAULT_RUN_OPTIONS);
}

async function perform(world: BackfillWorld, runs: readonly number[]): Promise<void> {
  for (const run of runs) await world.perform(run);
}

/** A run of the seventh hour from the schedule. */
async function otherRun(world: BackfillWorld): Promise<number> {
  const [run] = await world.sql(
    `insert into millrace.run (view_id, span, reason, fingerprint, options)
     select id, '[2026-01-01 07:00Z,2026-01-01 08:00Z)', 'manual', data_fingerprint, $1 from millrace.view returning id`,
    [JSON.stringify({ ...DEFAULT_RUN_OPTIONS, attempts: 1 })],
  );
  return Number(run?.['id']);
}

/** How often each hour was covered, if not once. */
async function coveredOtherwise(world: BackfillWorld): Promise<unknown[]> {
  return world.sql(
    `select hour, count(e.id) from generate_series(timestamptz '2026-01-01 00:00Z', millrace.now() - interval '1 hour', interval '1 hour') hour
       left join millrace.event e on e.kind = 'covered' and e.span @> hour group by 1 having count(e.id) <> 1`,
  );
}

describe('advanceBackfill', () => {
  test('keeps the configured number of chunks open, for any number of calls', async () => {
    await using world = await backfillWorld();
    const id = await world.start({ chunkUnits: 1, parallel: 3 });
    const planned = await Promise.all(Array.from({ length: 8 }, () => world.advance(id)));
    expect(planned.flat().sort((a, b) => a - b)).toEqual([1, 2, 3]);
    await world.perform(2);
    const next = await Promise.all(Array.from({ length: 8 }, () => world.advance(id)));
    expect(next.flat()).toEqual([4]);
    expect((await world.chunks(id)).slice(0, 5)).toEqual([
      '00-01 waiting',
      '01-02 done',
      '02-03 waiting',
      '03-04 waiting',
      '04-05 waiting',
    ]);
  });

  test("respects the view's limit of open runs, and continues as runs close", async () => {
    await using world = await backfillWorld();
    const id = await world.start({ chunkUnits: 1, parallel: 3 });
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, options)
       select id, tstzrange(hour, hour + interval '1 hour'), 'schedule', data_fingerprint, $1
         from millrace.view, generate_series(timestamptz '2020-01-01 00:00Z', '2021-02-20 14:00Z', '1 hour') hour`,
      [JSON.stringify(DEFAULT_RUN_OPTIONS)],
    );
    expect(await world.advance(id)).toHaveLength(1);
    expect(await world.advance(id)).toEqual([]);
    await world.sql(`update millrace.run set state = 'done' where upper(span) <= '2020-01-02'`);
    expect(await world.advance(id)).toHaveLength(2);
  });

  test('skips units that other runs have covered, and waits for their open runs', async () => {
    await using world = await backfillWorld();
    const id = await world.start({ parallel: 9 });
    await world.sql(`update millrace.coverage set covered = '{[2026-01-01 01:00Z,2026-01-01 06:00Z)}'`);
    const other = await otherRun(world);
    await perform(world, await world.advance(id));
    expect(await world.chunks(id)).toEqual([
      '00-01 done',
      '03-06 covered',
      '06-07 done',
      '09-12 done',
      '01-03 covered',
      '08-09 done',
      '07-08 waiting',
    ]);
    await world.finish(id);
    expect(await world.overview(id)).toMatchObject({ state: 'running', units: { total: 12, done: 6, waiting: 1 } });
    await world.perform(other);
    expect(await world.finish(id)).toMatchObject({
      state: 'complete',
      units: { total: 12, done: 6, skipped: 6, waiting: 0 },
    });
    expect((await world.chunks(id)).at(-1)).toBe('07-08 covered');
  });

  test('is partial if other runs failed on its units, and does these when it is resumed', async () => {
    await using world = await backfillWorld();
    await world.sql(`update visits set value = 0 where extract(hour from at) = 7`);
    const id = await world.start({ from: '2026-01-01T06:00Z', chunkUnits: 1 });
    const other = await otherRun(world);
    await world.finish(id);
    await world.perform(other);
    expect(await world.finish(id)).toMatchObject({ state: 'partial', units: { total: 6, done: 5, skipped: 1 } });
    expect((await world.chunks(id))[1]).toBe('07-08 held');
    await world.sql(`update visits set value = 1 where value = 0`);
    await resumeBackfill(world.app.database, id);
    expect(await world.finish(id)).toMatchObject({ state: 'complete', units: { total: 6, done: 6, skipped: 0 } });
  });

  test('does no unit twice alongside a schedule, and does not delay new units', async () => {
    await using world = await backfillWorld({ ...VISITS, catchUp: 'all' });
    const id = await world.start({ chunkUnits: 2, parallel: 1, order: 'newest' });
    const first = await world.advance(id);
    // The schedule takes the whole past except for open runs.
    const ticked = await tick(world);
    await world.setClock('2026-01-01 14:00Z');
    const fresh = await tick(world);
    await perform(world, fresh);
    expect(await world.sets()).toMatchObject({ covered: '{[12,14)}', frontier: '14' });
    await perform(world, [...ticked, ...first]);
    expect(await world.finish(id)).toMatchObject({ state: 'complete', units: { total: 12, done: 2, skipped: 10 } });
    expect(await world.sets()).toMatchObject({ covered: '{[00,14)}', frontier: '14', stale: '{}' });
    expect(await coveredOtherwise(world)).toEqual([]);
  });

  test('does not affect the schedule: its frontier, and what catch_up skips', async () => {
    await using world = await backfillWorld({ ...VISITS, lookbackUnits: 1 });
    const id = await world.start({ from: '2026-01-01T03:00Z', to: '2026-01-01T09:00Z' });
    await world.advance(id);
    expect(await world.sets()).toMatchObject({ frontier: '12', skipped: '{}' });
    await world.setClock('2026-01-01 13:00Z');
    const ticked = await tick(world);
    expect(await world.sql('select span::text from millrace.run where id = any($1)', [ticked])).toEqual([
      { span: '["2026-01-01 12:00:00+00","2026-01-01 13:00:00+00")' },
    ]);
    await world.finish(id);
    expect(await tick(world)).toEqual([]);
    expect(await world.sets()).toMatchObject({ frontier: '13', stale: '{}' });
  });

  test('never lets an older value replace a newer one online', async () => {
    await using world = await backfillWorld({ ...VISITS, catchUp: 'latest' });
    await perform(world, await tick(world));
    const online = () => world.app.online.redis.send([['HGET', 'mr:visits:ada', 'visits']]);
    const newest = await online();
    expect(newest).toEqual(['0.08333333333333333']);
    const ended = await world.finish(await world.start({ order: 'newest', chunkUnits: 1, to: '2026-01-01T11:00Z' }));
    expect(ended).toMatchObject({ state: 'complete', chunks: { done: 11 } });
    expect(await online()).toEqual(newest);
  });

  test('waits visibly while its view is paused, and continues after', async () => {
    await using world = await backfillWorld();
    const id = await world.start();
    await world.advance(id);
    await pauseView(world.app.database, 'visits', { kind: 'person', reason: 'the source moves', actor: 'ada' });
    expect(await world.advance(id)).toEqual([]);
    expect(await world.overview(id)).toMatchObject({
      state: 'running',
      rest: { kind: 'view_paused', pause: { kind: 'person', reason: 'the source moves', actor: 'ada' } },
      chunks: { total: 4, waiting: 4 },
    });
    await resumeView(world.app.database, 'visits');
    expect(await world.finish(id)).toMatchObject({ state: 'complete', rest: null, chunks: { total: 4, done: 4 } });
  });

  test('continues with a new query, on its grid', async () => {
    await using world = await backfillWorld();
    const id = await world.start({ to: '2026-01-01T08:00Z' });
    const [first = 0] = await world.advance(id);
    await world.perform(first);
    const edited = { ...VISITS, kind: 'snapshot', unitMs: 2 * HOUR_MS } as const;
    const query =
      'select entity_id, max(value) as value, {{end}} as timestamp from visits where at < {{end}} group by 1';
    await world.apply({ ...edited, query });
    expect(await world.advance(id)).toEqual([]);
    expect((await world.overview(id)).rest).toEqual({ kind: 'view_edited' });
    await applyEdit(world.app.database, fingerprinted({ ...edited, query }), 'forward-only');
    // The run that was planned for the old query finds that it is superseded.
    await world.perform(first + 1);
    expect(await world.finish(id)).toMatchObject({ state: 'complete' });
    expect(await world.sets()).toMatchObject({ covered: '{[00,08)}' });
    expect(await world.sql(`select span::text from millrace.run where state = 'done' order by lower(span)`)).toEqual([
      { span: '["2026-01-01 00:00:00+00","2026-01-01 03:00:00+00")' },
      { span: '["2026-01-01 02:00:00+00","2026-01-01 04:00:00+00")' },
      { span: '["2026-01-01 04:00:00+00","2026-01-01 06:00:00+00")' },
      { span: '["2026-01-01 06:00:00+00","2026-01-01 08:00:00+00")' },
    ]);
  });

  test('pauses itself after too many failed chunks in a row, and leaves its view alone', async () => {
    await using world = await backfillWorld({ ...VISITS, failuresMax: 2 });
    await world.sql('update visits set value = 0 where extract(hour from at) in (0, 4, 5)');
    await world.sql('update millrace.view set failed_in_a_row = 1');
    const id = await world.start({ chunkUnits: 1, parallel: 1 });
    expect(await world.finish(id)).toMatchObject({
      state: 'paused',
      rest: { kind: 'circuit', facts: { runs: 2, run: 6, code: 'SOURCE_QUERY' } },
      chunks: { total: 12, done: 3, failed: 3, waiting: 6 },
    });
    expect(await world.sql('select paused_kind, failed_in_a_row from millrace.view')).toEqual([
      { paused_kind: null, failed_in_a_row: 1 },
    ]);
  });

  test('is partial, not paused, if its last chunk was the one too many that failed', async () => {
    await using world = await backfillWorld({ ...VISITS, failuresMax: 2 });
    await world.sql('update visits set value = 0 where extract(hour from at) >= 10');
    const id = await world.start({ chunkUnits: 1 });
    expect(await world.finish(id)).toMatchObject({ state: 'partial', rest: null, chunks: { done: 10, failed: 2 } });
  });
});

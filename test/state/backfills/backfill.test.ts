import { describe, expect, test } from 'vitest';
import { interval } from '../../../src/core/interval.ts';
import { at, view } from '../../support/views.ts';
import { backfillWorld, refusalOf, VISITS } from './backfill-world.ts';

const hours = (from: number, to: number) =>
  interval(at(`2026-01-01T${String(from).padStart(2, '0')}:00Z`), at(`2026-01-01T${String(to).padStart(2, '0')}:00Z`));

describe('planBackfill', () => {
  test('previews what would run, what is skipped and why, and changes nothing', async () => {
    await using world = await backfillWorld();
    await world.sql(
      `update millrace.coverage set covered = '{[2026-01-01 00:00Z,2026-01-01 02:00Z)}', held = '{[2026-01-01 05:00Z,2026-01-01 06:00Z)}'`,
    );
    const [open] = await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint)
       values (1, '[2026-01-01 08:00Z,2026-01-01 09:00Z)', 'manual', '') returning id`,
    );
    expect(await world.planned({ from: '2025-12-31T22:00Z', to: '2026-01-01T14:20Z' })).toEqual({
      range: hours(0, 12),
      requestedUnits: 17,
      chunks: [hours(2, 5), hours(6, 8), hours(9, 12)],
      units: 8,
      skipped: [
        {
          reason: "outside the view's start and end",
          units: 2,
          spans: [interval(at('2025-12-31T22:00Z'), at('2026-01-01'))],
        },
        { reason: 'not settled', units: 3, spans: [hours(12, 15)] },
        { reason: 'in flight', units: 1, spans: [hours(8, 9)], runs: [open?.['id']] },
        { reason: 'covered', units: 2, spans: [hours(0, 2)] },
        { reason: 'held', units: 1, spans: [hours(5, 6)] },
      ],
      estimate: null,
    });
    expect(await world.sql('select from millrace.backfill')).toEqual([]);
  });

  test('estimates rows and time from finished runs', async () => {
    await using world = await backfillWorld();
    await world.finish(await world.start({ to: '2026-01-01T06:00Z' }));
    await world.sql(`update millrace.run set worked = interval '6 seconds'`);
    expect((await world.planned()).estimate).toEqual({ rows: 6, ms: 6_000, ofRuns: 2 });
  });

  test('estimates by runs as well as by rows', async () => {
    await using world = await backfillWorld();
    await world.finish(await world.start({ to: '2026-01-01T04:00Z' }));
    // A second for each run, and one for each row.
    await world.sql(`update millrace.run set worked = interval '1 second' * (1 + (counts->>'accepted')::int)`);
    const estimated = async (chunkUnits: number) => (await world.planned({ chunkUnits, parallel: 1 })).estimate;
    expect([await estimated(1), await estimated(4)]).toEqual([
      { rows: 8, ms: 16_000, ofRuns: 2 },
      { rows: 8, ms: 10_000, ofRuns: 2 },
    ]);
  });

  test('refuses ranges that cannot be backfilled, with a sentence', async () => {
    await using world = await backfillWorld();
    await world.apply(view({ name: 'rates', kind: 'latest' }), view({ name: 'spend' }));
    expect([
      await refusalOf(world.planned({ name: 'rates' })),
      await refusalOf(world.planned({ name: 'spend' })),
      await refusalOf(world.planned({ from: '2026-02-01', to: '2026-01-01' })),
      await refusalOf(world.planned({ from: '2026-02-01', to: '2026-02-02' })),
    ]).toEqual([
      [
        'ARGUMENT_INVALID',
        'rates is a `latest` view: it stores only the latest values, so it has no history to backfill. To update it, run "millrace run rates".',
      ],
      [
        'ARGUMENT_INVALID',
        'spend is a snapshot, so each run covers one unit of 1d and a chunk cannot cover 3: omit the chunk size.',
      ],
      [
        'ARGUMENT_INVALID',
        'A backfill from 2026-02-01T00:00:00Z to 2026-01-01T00:00:00Z is empty: its end must come after its start.',
      ],
      [
        'ARGUMENT_INVALID',
        '[2026-02-01T00:00:00Z, 2026-02-02T00:00:00Z) cannot be backfilled: visits starts at 2026-01-01T00:00:00Z and is settled up to 2026-01-01T12:00:00Z.',
      ],
    ]);
  });

  test('refuses too many chunks, without creating them', async () => {
    await using world = await backfillWorld({ ...VISITS, unitMs: 1_000, start: at('1970-01-01') });
    expect(await refusalOf(world.planned({ chunkUnits: 1 }))).toEqual([
      'ARGUMENT_INVALID',
      'This backfill of visits would have 1767268800 chunks, but the limit is 100000: request a shorter range or larger chunks.',
    ]);
  });

  test('refuses a view that is paused, edited or retired', async () => {
    await using world = await backfillWorld();
    await world.sql(`update millrace.view set paused_kind = 'person', paused_reason = 'the source moves'`);
    const paused = await refusalOf(world.planned());
    await world.sql(`update millrace.view set paused_kind = null, edited_fingerprint = 'x'`);
    const edited = await refusalOf(world.planned());
    await world.sql('update millrace.view set edited_fingerprint = null, retired_at = millrace.now()');
    const retired = await refusalOf(world.planned());
    expect([paused[0], edited, retired]).toEqual([
      'VIEW_PAUSED',
      [
        'VIEW_CHANGED',
        'visits was edited, so no runs start until you choose how the edit affects stored rows: run "millrace apply visits" with --restate, --forward-only or --equivalent.',
      ],
      ['ARGUMENT_INVALID', 'visits is retired because it has no definition: restore its definition first.'],
    ]);
  });
});

describe('startBackfill', () => {
  test('materializes missing units, and units that catch_up skipped', async () => {
    await using world = await backfillWorld();
    await world.plan('visits');
    expect(await world.sets()).toMatchObject({ covered: '{}', skipped: '{[00,12)}' });
    const ended = await world.finish(await world.start({ from: '2026-01-01T02:00Z', to: '2026-01-01T10:00Z' }));
    const none = { waiting: 0, running: 0, failed: 0, cancelled: 0, skipped: 0 };
    expect(ended).toMatchObject({
      view: 'visits',
      range: hours(2, 10),
      state: 'complete',
      rest: null,
      chunks: { ...none, total: 3, done: 3 },
      units: { ...none, total: 8, done: 8 },
      rows: 8,
    });
    expect(await world.sets()).toMatchObject({ covered: '{[02,10)}', skipped: '{[00,02),[10,12)}', held: '{}' });
    expect(await world.sql('select count(*) from features.visits')).toEqual([{ count: 8 }]);
  });

  test('starts none if there is nothing to do', async () => {
    await using world = await backfillWorld();
    await world.finish(await world.start());
    await expect(world.start()).rejects.toThrow('there was nothing to do');
    await expect(world.start({ mode: 'failed' })).rejects.toThrow('there was nothing to do');
    expect(await world.sql('select state from millrace.backfill')).toEqual([{ state: 'complete' }]);
  });

  test('runs only held units in mode failed', async () => {
    await using world = await backfillWorld({ ...VISITS, failuresMax: 0 });
    await world.sql('update visits set value = 0 where extract(hour from at) in (4, 8)');
    const first = await world.finish(await world.start());
    expect(first).toMatchObject({ state: 'partial', chunks: { total: 4, done: 2, failed: 2 } });
    expect(await world.sets()).toMatchObject({ covered: '{[00,03),[09,12)}', held: '{[03,09)}' });
    expect((await world.planned()).skipped.map(({ reason, units }) => [reason, units])).toEqual([
      ['covered', 6],
      ['held', 6],
    ]);
    await world.sql('update visits set value = 1 where value = 0');
    const id = await world.start({ mode: 'failed', chunkUnits: 2 });
    expect(await world.finish(id)).toMatchObject({ state: 'complete', chunks: { total: 3, done: 3 } });
    expect(await world.sets()).toMatchObject({ covered: '{[00,12)}', held: '{}' });
  });

  test('reads covered units again in mode all, without making them stale', async () => {
    await using world = await backfillWorld();
    await world.finish(await world.start());
    await world.sql(`update visits set value = 4 where at < '2026-01-01 02:00Z'`);
    await world.sql(`delete from visits where at between '2026-01-01 05:00Z' and '2026-01-01 06:00Z'`);
    const id = await world.start({ mode: 'all' });
    expect(await world.advance(id)).toHaveLength(2);
    expect(await world.sets()).toMatchObject({ covered: '{[00,12)}', stale: '{}' });
    await world.sql(`update millrace.run set state = 'superseded' where state = 'planned'`);
    expect(await world.finish(id)).toMatchObject({ state: 'complete', chunks: { done: 4 } });
    expect(await world.sql('select count(*), min(visits), max(visits) from features.visits')).toEqual([
      { count: 11, min: '0.08333333333333333', max: '0.3333333333333333' },
    ]);
  });

  test('runs the newest chunks first on request', async () => {
    await using world = await backfillWorld();
    const id = await world.start({ order: 'newest', chunkUnits: 5, parallel: 1 });
    expect(await world.chunks(id)).toEqual(['10-12 waiting', '05-10 waiting', '00-05 waiting']);
    await world.finish(id);
    expect(await world.sql('select lower(span)::time as begin from millrace.run order by id')).toEqual([
      { begin: '10:00:00' },
      { begin: '05:00:00' },
      { begin: '00:00:00' },
    ]);
  });

  test('refuses a range that overlaps another backfill, and accepts an adjacent one', async () => {
    await using world = await backfillWorld();
    const first = await world.start({ from: '2026-01-01T04:00Z', to: '2026-01-01T08:00Z' });
    const overlapping = { from: '2026-01-01T07:00Z' };
    const sentence = (state: string, wait: string) =>
      `Backfill ${first} of visits is ${state} and covers [2026-01-01T04:00:00Z, 2026-01-01T08:00:00Z), which overlaps [2026-01-01T07:00:00Z, 2026-01-01T12:00:00Z): ${wait}, or cancel it with "millrace backfills cancel ${first}".`;
    expect(await refusalOf(world.start(overlapping))).toEqual([
      'BACKFILL_OVERLAPS',
      sentence('running', 'wait for it'),
    ]);
    const second = await world.start({ from: '2026-01-01T08:00Z' });
    expect((await world.finish(first)).state).toBe('complete');
    expect((await world.finish(second)).state).toBe('complete');
    expect(await world.sets()).toMatchObject({ covered: '{[04,12)}' });
  });

  test('leaves other views alone', async () => {
    await using world = await backfillWorld();
    await world.apply({ ...VISITS, name: 'other', features: [{ ...VISITS.features[0], name: 'other' } as never] });
    const before = await world.sets('other');
    const [one, two] = [await world.start(), await world.start({ name: 'other', to: '2026-01-01T03:00Z' })];
    await world.finish(one);
    expect(await world.sets('other')).toEqual(before);
    expect(await world.sql('select from features.other')).toEqual([]);
    expect(await world.finish(two)).toMatchObject({ state: 'complete', view: 'other', rows: 3 });
    expect(await world.sets('other')).toMatchObject({ covered: '{[00,03)}' });
  });

  test('gives each unit of a snapshot its own run', async () => {
    await using world = await backfillWorld(
      view({
        name: 'visits',
        kind: 'snapshot',
        unitMs: 3_600_000,
        end: null,
        catchUp: 'none',
        query: 'select entity_id, max(value) as value, {{end}} as timestamp from visits where at < {{end}} group by 1',
      }),
    );
    const id = await world.start({ chunkUnits: null, from: '2026-01-01T09:00Z' });
    expect(await world.chunks(id)).toEqual(['09-10 waiting', '10-11 waiting', '11-12 waiting']);
    expect(await world.finish(id)).toMatchObject({ state: 'complete', rows: 3 });
  });
});

// Planning a long past: open runs are limited, and the rest is never lost, forgotten or counted as missed.

import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../../../src/definition/view.ts';
import { rangeLiteral } from '../../../src/postgres/range.ts';
import { viewsWithBacklog } from '../../../src/state/planning/backlog.ts';
import { planBacklog } from '../../../src/state/planning/plan-backlog.ts';
import { ALL_TIME, duePlan, type Planned, planTogether, planView } from '../../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS, type RunReason } from '../../../src/state/runs/run.ts';
import { applyEdit, restate } from '../../../src/state/views/edit.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { tableFiles } from '../../sources/worlds.ts';
import { at, fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const MINUTE_MS = 60_000;
const OF_A_JOB = { ...DEFAULT_RUN_OPTIONS, attempts: 7, timeoutMs: 5_000 };
const OF_A_RESTATEMENT = { ...DEFAULT_RUN_OPTIONS, attempts: 2, allowRemovals: true };
const EVERYTHING = { from: null, to: null };

/** Units of a minute; twelve days have passed: 17,280 units. */
const minutes = (extra: Partial<FeatureView> = {}) =>
  view({ unitMs: MINUTE_MS, start: at('2026-01-01'), end: null, ...extra });

type ClockedWorld = World & {
  readonly viewId: number;
  setClock(text: string): Promise<void>;
  tick(reason?: RunReason, missedBefore?: string): Promise<Planned>;
  /** Marks the oldest open runs as done, as if they had stored their rows. */
  finish(count: number): Promise<void>;
  /** The same for all open runs, and for those planned after them until nothing is left out. */
  finishAll(): Promise<void>;
  fact<T>(sql: string): Promise<T>;
};

async function clockedWorld(definition: FeatureView = minutes(), now = '2026-01-13 00:00Z'): Promise<ClockedWorld> {
  const world = await openWorld();
  const setClock = async (text: string) => {
    await world.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '${text}' $$`,
    );
  };
  await setClock(now);
  await world.apply(definition);
  const { id: viewId } = await requireAppliedView(world.app.database, definition.name);
  const clocked: ClockedWorld = Object.assign(world, {
    viewId,
    setClock,
    tick: (reason: RunReason = 'schedule', missedBefore?: string) =>
      planView(world.app.database, viewId, {
        reason,
        options: OF_A_JOB,
        within: ALL_TIME,
        missedBefore: missedBefore === undefined ? null : at(missedBefore),
      }),
    finish: async (count: number) =>
      void (await world.sql(
        `with closed as (
           update millrace.run set state = 'done', closed_at = millrace.now()
            where id in (select id from millrace.run where state = 'planned' order by id limit ${count}) returning span)
         update millrace.coverage set covered = covered + spans, stale = stale - spans
           from (select coalesce(range_agg(span), '{}') as spans from closed) c`,
      )),
    finishAll: async () => {
      do await clocked.finish(10_000);
      while ((await planBacklog(world.app.database, viewId)).runs.length > 0);
    },
    fact: async <T>(sql: string) => {
      const [row] = await world.sql(`select ${sql} as fact`);
      return row?.['fact'] as T; // the caller knows what it asks for
    },
  });
  return clocked;
}

const FRONTIER = `(select to_char(frontier, 'YYYY-MM-DD HH24:MI') from millrace.coverage)`;
const UNITS_PLANNED = `(select count(distinct lower(span))::int from millrace.run where state <> 'superseded')`;

describe('planView', () => {
  test('plans at most 10,000 open runs, records the first unit left out as its frontier, and says how much is left', async () => {
    await using world = await clockedWorld();
    const { runs, left } = await world.tick();
    expect(runs).toHaveLength(10_000);
    expect(left).toEqual([{ view: 'spend', units: 7_280 }]);
    expect(await world.fact(FRONTIER)).toBe('2026-01-07 22:40');
    expect(await world.fact(`(select span::text from millrace.backlog)`)).toBe(
      '{["2026-01-07 22:40:00+00","2026-01-13 00:00:00+00")}',
    );
    // A second tick finds no room, and changes nothing.
    const written = `(select xmin::text from millrace.coverage) || (select xmin::text from millrace.backlog)`;
    const before = await world.fact(written);
    expect(await world.tick()).toEqual({ runs: [], left, others: [] });
    expect(await world.fact(written)).toBe(before);
  });

  test('plans the backlog as runs close, oldest first and with the options of its job, until all is planned', async () => {
    await using world = await clockedWorld();
    await world.tick();
    const { database } = world.app;
    await world.finish(3_000);
    expect((await planBacklog(database, world.viewId)).runs).toEqual([]);
    for (const [finished, planned] of [
      [3_000, 6_000],
      [8_000, 1_280],
    ] as const) {
      await world.finish(finished);
      expect((await planBacklog(database, world.viewId)).runs).toHaveLength(planned);
    }
    expect(await viewsWithBacklog(database)).toEqual([]);
    expect(await world.fact(UNITS_PLANNED)).toBe(17_280);
    expect(await world.fact(FRONTIER)).toBe('2026-01-13 00:00');
    expect(await world.fact(`(select count(distinct options)::int from millrace.run)`)).toBe(1);
    expect(
      await world.fact(`(select bool_and(lower(span) > prev) from (
      select span, lag(lower(span), 1, '-infinity') over (order by id) as prev from millrace.run) r)`),
    ).toBe(true);
  });

  test.each(['all', 'latest', 'none'] as const)(
    'catch_up: %s never counts the backlog as missed, and skips what no tick has seen',
    async (catchUp) => {
      await using world = await clockedWorld(minutes({ catchUp }), '2026-01-01 00:00Z');
      // One tick of a yearly job sees twelve days together: none of them was missed.
      await world.setClock('2026-01-13 00:00Z');
      expect((await world.tick()).runs).toHaveLength(10_000);
      // Then nothing was running for ten days: no tick has seen them, and those before yesterday's tick were missed.
      await world.setClock('2026-01-23 00:00Z');
      await world.finish(10_000);
      await world.tick('schedule', '2026-01-22');
      const until = { all: null, latest: '2026-01-21 23:59:00+00', none: '2026-01-22 00:00:00+00' }[catchUp];
      expect(await world.fact(`(select skipped::text from millrace.coverage)`)).toBe(
        until === null ? '{}' : `{["2026-01-13 00:00:00+00","${until}")}`,
      );
      await world.finishAll();
      const afterwards = { all: 14_400, latest: 1_441, none: 1_440 }[catchUp];
      expect(await world.fact(UNITS_PLANNED)).toBe(17_280 + afterwards);
    },
  );

  test('reads no unit again when the backlog is planned', async () => {
    await using world = await clockedWorld(minutes({ lookbackUnits: 3 }));
    await world.tick();
    await world.finishAll();
    expect(await world.fact(`(select count(*)::int from millrace.run)`)).toBe(17_280);
    await world.setClock('2026-01-13 00:01Z');
    expect((await world.tick()).runs).toHaveLength(4);
  });

  test('leaves the backlog to its schedule, even if an operator runs the view in between', async () => {
    await using world = await clockedWorld();
    await world.tick();
    await world.finish(4_000);
    const { runs } = await planView(world.app.database, world.viewId, {
      reason: 'manual',
      options: DEFAULT_RUN_OPTIONS,
      within: ALL_TIME,
    });
    expect(runs).toHaveLength(4_000);
    expect(await world.sql('select reason, options from millrace.backlog')).toEqual([
      { reason: 'schedule', options: OF_A_JOB },
    ]);
  });

  test.each(['held', 'skipped'])('is bounded if every second minute of the past is %s', async (set) => {
    await using world = await clockedWorld(minutes({ start: at('2025-10-01') }));
    await world.sql(
      `update millrace.coverage set ${set} = (select range_agg(tstzrange(m, m + interval '1 minute'))
         from generate_series(timestamptz '2025-10-01', '2026-01-12 23:58Z', '2 minutes') m)`,
    );
    const { runs, left } = await world.tick();
    expect(runs).toHaveLength(10_000);
    expect(left).toEqual([{ view: 'spend', units: 64_880 }]);
    expect(await world.fact(FRONTIER)).toBe('2025-10-14 21:21');
  });

  test('limits the runs of one transaction, and names the views that must be planned individually', async () => {
    await using world = await clockedWorld(minutes({ end: at('2026-01-06') }));
    await world.apply(minutes({ name: 'other', end: at('2026-01-06') }), view({ name: 'small' }));
    const ids = await world.sql('select id from millrace.view order by id');
    const planned = await planTogether(
      world.app.database,
      ids.map(({ id }) => Number(id)),
      { reason: 'schedule', options: OF_A_JOB, within: ALL_TIME },
    );
    expect(planned.runs).toHaveLength(7_200);
    expect(planned.others).toEqual(ids.slice(1).map(({ id }) => id));
    expect(await world.fact(`(select count(*)::int from millrace.backlog)`)).toBe(0);
  });
});

describe('restate', () => {
  /** Everything covered, as by earlier runs. */
  async function coveredWorld(): Promise<ClockedWorld> {
    const world = await clockedWorld();
    await world.sql(`update millrace.coverage set frontier = '2026-01-13', covered = $1::tstzrange::tstzmultirange`, [
      rangeLiteral({ start: at('2026-01-01'), end: at('2026-01-13') }),
    ]);
    return world;
  }

  const restated = async (world: ClockedWorld, from: string | null, to: string | null) =>
    restate(
      world.app.database,
      await requireAppliedView(world.app.database, 'spend'),
      { from: from === null ? null : at(from), to: to === null ? null : at(to) },
      OF_A_RESTATEMENT,
    );

  test('keeps its range and its options until all of it is planned, and leaves room for what becomes due', async () => {
    await using world = await coveredWorld();
    const found = await restated(world, '2026-01-02', '2026-01-12');
    expect(found).toMatchObject({ staleUnits: 14_400, left: [{ view: 'spend', units: 5_400 }] });
    expect(found.runs).toHaveLength(9_000);
    // A tick plans the new minute with its own options, and no part of the restatement.
    await world.setClock('2026-01-13 00:01Z');
    expect((await world.tick()).runs).toHaveLength(1);
    await world.finishAll();
    expect(
      await world.sql(
        `select reason, options->'allowRemovals' as removals, count(*)::int as runs, min(lower(span))::text as from, max(upper(span))::text as to
           from millrace.run group by 1, 2 order by 1`,
      ),
    ).toEqual([
      { reason: 'restate', removals: true, runs: 14_400, from: '2026-01-02 00:00:00+00', to: '2026-01-12 00:00:00+00' },
      { reason: 'schedule', removals: false, runs: 1, from: '2026-01-13 00:00:00+00', to: '2026-01-13 00:01:00+00' },
    ]);
    expect(await viewsWithBacklog(world.app.database)).toEqual([]);
  });

  test('replaces what an earlier restatement left out in its range', async () => {
    await using world = await coveredWorld();
    await restated(world, null, null);
    await restated(world, '2026-01-09', '2026-01-12');
    const rows = await world.sql('select reason, span::text from millrace.backlog order by id');
    expect(rows[0]).toEqual({
      reason: 'restate',
      span: '{["2026-01-07 06:00:00+00","2026-01-09 00:00:00+00"),["2026-01-12 00:00:00+00","2026-01-13 00:00:00+00")}',
    });
    expect(rows[1]).toEqual({ reason: 'restate', span: '{["2026-01-09 00:00:00+00","2026-01-12 00:00:00+00")}' });
  });

  test('of up to 2,000 units is planned immediately, for any number of open runs', async () => {
    await using world = await coveredWorld();
    await restated(world, null, null);
    const day = async () => {
      const { runs, left } = await restated(world, '2026-01-10', '2026-01-11');
      return { runs: runs.length, left };
    };
    expect(await day()).toEqual({ runs: 1_440, left: [] });
    expect(await restated(world, '2026-01-09', '2026-01-10')).toMatchObject({ left: [] });
    // All small ones together have a limit, too.
    expect(await restated(world, '2026-01-11', '2026-01-12')).toMatchObject({ runs: [], left: [{ units: 1_440 }] });
  });

  test.each([
    ['a snapshot', {}],
    [
      'events over files',
      { kind: 'events', source: 'lake', files: { files: tableFiles({ pattern: '{yyyy}-{MM}-{dd}T{HH}.csv' }) } },
    ],
  ] as const)('of an edited query leaves room for what becomes due, for %s', async (_, kind) => {
    await using world = await clockedWorld(minutes(kind));
    const edited = {
      ...fingerprinted(minutes({ ...kind, query: `select 'bob' as entity_id, 2 as value, {{end}} as timestamp` })),
    };
    await world.tick();
    await world.finishAll();
    await applyEdit(world.app.database, edited, 'restate');
    await world.setClock('2026-01-13 00:05Z');
    const { runs } = await world.tick();
    const spans = await world.sql(
      'select lower(span)::text as start from millrace.run where id = any($1) order by id',
      [runs],
    );
    expect(spans.map(({ start }) => start)).toEqual([0, 1, 2, 3, 4].map((minute) => `2026-01-13 00:0${minute}:00+00`));
    const restated = await planBacklog(world.app.database, world.viewId);
    expect(restated.runs).toHaveLength(9_000 - runs.length);
    await world.finishAll();
    expect(await world.fact(`(select stale::text from millrace.coverage)`)).toBe('{}');
  });

  test('is dropped when its view is edited, since it was requested for the old query', async () => {
    await using world = await coveredWorld();
    await restated(world, null, null);
    const edited = minutes({ query: 'select entity_id, value * 2 as value, {{end}} as timestamp from spend' });
    await world.apply(edited);
    expect(await applyEdit(world.app.database, fingerprinted(edited), 'restate')).toEqual({ staleUnits: 17_280 });
    // The backlog is now that of the edit.
    expect(await world.sql('select options from millrace.backlog')).toEqual([{ options: DEFAULT_RUN_OPTIONS }]);
  });
});

describe('duePlan', () => {
  test('of ten years of minutes contains only what would be planned', async () => {
    await using world = await clockedWorld(minutes({ start: at('2016-01-01') }), '2026-01-01 00:00Z');
    const applied = await requireAppliedView(world.app.database, 'spend');
    const { runs, leftUnits, leftOut, skippedUnits } = await duePlan(world.app.database, applied, EVERYTHING);
    expect({ runs: runs.length, leftUnits, leftOut, skippedUnits }).toEqual({
      runs: 10_000,
      leftUnits: 5_260_320 - 10_000,
      leftOut: { start: at('2016-01-07T22:40Z'), end: at('2026-01-01') },
      skippedUnits: 0,
    });
  });
});

describe('runs that wait', () => {
  const WAIT = `update millrace.run set not_before = millrace.now() + interval '1 hour' where state = 'planned'`;

  test('leave room for others, up to 20,000 of them', async () => {
    // Thirty days of minutes: 43,200 units.
    await using world = await clockedWorld(minutes(), '2026-01-31 00:00Z');
    const { database } = world.app;
    expect((await world.tick()).runs).toHaveLength(10_000);
    for (const planned of [10_000, 10_000, 0]) {
      await world.sql(WAIT);
      expect((await planBacklog(database, world.viewId)).runs).toHaveLength(planned);
    }
  });

  test('of a view of kind latest still keep it to one run', async () => {
    await using world = await clockedWorld(view({ kind: 'latest', query: 'select 1' }));
    expect((await world.tick()).runs).toHaveLength(1);
    await world.sql(WAIT);
    expect((await world.tick()).runs).toEqual([]);
  });
});

describe('planBacklog', () => {
  test('plans the backlog of a restatement before the rest', async () => {
    await using world = await clockedWorld();
    const { database } = world.app;
    await world.setClock('2026-01-25 00:00Z');
    await world.tick();
    const asked = { from: at('2026-01-01'), to: at('2026-01-13') };
    await restate(database, await requireAppliedView(database, 'spend'), asked, OF_A_RESTATEMENT);
    await world.finish(10_000);
    await planBacklog(database, world.viewId);
    expect(
      await world.sql(
        `select reason, count(*)::int as runs from millrace.run where state = 'planned' group by 1 order by 1`,
      ),
    ).toEqual([
      { reason: 'restate', runs: 8_280 },
      { reason: 'schedule', runs: 1_720 },
    ]);
  });

  test("does nothing while a commit holds the lock of its view's coverage", async () => {
    await using world = await clockedWorld();
    await world.tick();
    await world.finish(8_000);
    const { database } = world.app;
    await database.transaction(async (session) => {
      await session.query('select from millrace.coverage for update');
      expect((await planBacklog(database, world.viewId)).runs).toEqual([]);
    });
    expect((await planBacklog(database, world.viewId)).runs).toHaveLength(7_280);
  });
});

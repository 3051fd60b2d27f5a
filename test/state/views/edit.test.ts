// Edits of a definition, concurrent with runs and other sessions.

import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { Feature, FeatureView } from '../../../src/definition/view.ts';
import { repairOnline } from '../../../src/online/repair.ts';
import { verifyView } from '../../../src/online/verify.ts';
import type { Database } from '../../../src/postgres/database.ts';
import { planDue } from '../../../src/state/planning/planning.ts';
import { viewOverviews } from '../../../src/state/queries/view-overview.ts';
import { viewSummaries } from '../../../src/state/queries/view-summaries.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/state/runs/run.ts';
import { applyEdit, type EditMeaning } from '../../../src/state/views/edit.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { at, feature, fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../../support/world.ts';

const NEVER = new AbortController().signal;

/** An hourly view with features that are expressions over the source's rows. */
function visits(features: readonly (readonly [Feature, string])[]): FeatureView {
  const columns = features.map(([{ name }, expression]) => `, ${expression} as ${name}`).join('');
  return view({
    name: 'visits',
    kind: 'events',
    unitMs: 3_600_000,
    end: null,
    features: features.map(([one]) => one),
    query: `select entity_id, at as timestamp${columns} from visits where at >= {{start}} and at < {{end}}`,
  });
}

const FLOAT = visits([[feature('pages', 'float'), 'value']]);
const TEXT = visits([[feature('pages', 'string'), 'value::text']]);
const TWICE = visits([[feature('pages', 'float'), 'value * 2']]);

type VisitsWorld = World & {
  setClock(text: string): Promise<void>;
  edit(defined: FeatureView, meaning: EditMeaning): Promise<void>;
};

/** A system at two o'clock, with one visit at 00:30. */
async function visitsWorld(options: WorldOptions = {}): Promise<VisitsWorld> {
  const world = await openWorld(options);
  await world.sql('create table visits (entity_id text, at timestamptz, value float8)');
  await world.sql(`insert into visits values ('ada', '2026-01-01 00:30Z', 1)`);
  const setClock = async (text: string) => {
    await world.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '${text}' $$`,
    );
  };
  await setClock('2026-01-01 02:00Z');
  const edit = async (defined: FeatureView, meaning: EditMeaning) => {
    await applyEdit(world.app.database, fingerprinted(defined), meaning);
  };
  return Object.assign(world, { setClock, edit });
}

/** `00-02 done` for each run, in order. */
async function runs(world: World): Promise<unknown[]> {
  const rows = await world.sql(
    `select to_char(lower(span), 'HH24') || '-' || to_char(upper(span), 'HH24') || ' ' || state as run
       from millrace.run order by id`,
  );
  return rows.map((row) => row['run']);
}

describe('applyEdit', () => {
  test.each([
    ['type', TEXT, FLOAT, 'restate', '1'],
    ['query (restate)', FLOAT, TWICE, 'restate', '2'],
    ['query (equivalent)', FLOAT, TWICE, 'equivalent', '2'],
    ['query (forward-only)', FLOAT, TWICE, 'forward-only', '2'],
  ] as const)(
    'supersedes a run that was about to store values of the old %s',
    async (_kind, before, after, meaning, pages) => {
      let world: VisitsWorld | null = null;
      let edits = 0;
      await using opened = await visitsWorld({
        changeStages: (stages) =>
          stages.map((stage) => ({
            name: stage.name,
            perform: async (run, signal) => {
              if (stage.name === 'commit' && ++edits === 1) await world?.edit(after, meaning);
              return stage.perform(run, signal);
            },
          })),
      });
      world = opened;
      await world.apply(before);
      const [run = 0] = await world.plan('visits', { attempts: 1 });
      expect((await world.perform(run)).kind).toBe('skipped');
      await world.materialize('visits');
      expect(await runs(world)).toEqual(['00-02 superseded', '00-02 done']);
      expect(await world.sql('select entity_id, pages, held::text from features.visits, millrace.coverage')).toEqual([
        { entity_id: 'ada', pages, held: '{}' },
      ]);
    },
  );

  test('supersedes a run of the old query that fails after it, without held time and a counted failure', async () => {
    let world: VisitsWorld | null = null;
    let reads = 0;
    const once = (defined: FeatureView) => ({ ...defined, failuresMax: 1 });
    await using opened = await visitsWorld({
      changeStages: (stages) =>
        stages.map((stage) => ({
          name: stage.name,
          perform: async (run, signal) => {
            if (stage.name !== 'extract' || ++reads > 1) return stage.perform(run, signal);
            await world?.edit(once(FLOAT), 'restate');
            throw new Failure('SOURCE_QUERY', 'The query is wrong.');
          },
        })),
    });
    world = opened;
    const { database } = world.app;
    await world.apply(once(TEXT));
    const applied = await requireAppliedView(database, 'visits');
    const [run = 0] = await planDue(database, applied, 'schedule', DEFAULT_RUN_OPTIONS);
    await world.perform(run);
    expect(
      await world.sql('select held::text, failed_in_a_row, paused_kind from millrace.coverage, millrace.view'),
    ).toEqual([{ held: '{}', failed_in_a_row: 0, paused_kind: null }]);
    await world.materialize('visits');
    expect(await runs(world)).toEqual(['00-02 superseded', '00-02 done']);
  });

  test('reads the span of a superseded run, although catch_up is none', async () => {
    await using world = await visitsWorld();
    await world.setClock('2026-01-01 00:30Z');
    await world.apply({ ...FLOAT, catchUp: 'none' });
    await world.setClock('2026-01-01 01:00Z');
    const [run = 0] = await world.plan('visits');
    await world.edit({ ...TWICE, catchUp: 'none' }, 'equivalent');
    await world.perform(run);
    await world.materialize('visits');
    expect(await runs(world)).toEqual(['00-01 superseded', '00-01 done']);
    expect(await world.sql('select pages from features.visits')).toEqual([{ pages: '2' }]);
  });

  test('does not read a longer unit before its time is over', async () => {
    await using world = await visitsWorld();
    await world.setClock('2026-01-01 07:00Z');
    await world.apply(FLOAT);
    await world.materialize('visits');
    await world.edit({ ...FLOAT, unitMs: 21_600_000 }, 'restate');
    await world.materialize('visits');
    expect(await runs(world)).toEqual(['00-07 done', '00-06 done']);
    await world.sql(`insert into visits values ('ada', '2026-01-01 11:30Z', 1)`);
    await world.setClock('2026-01-01 12:00Z');
    await world.materialize('visits');
    expect(await runs(world)).toEqual(['00-07 done', '00-06 done', '06-12 done']);
    expect(await world.sql('select pages from features.visits')).toHaveLength(2);
  });

  test('reads again from a time before 1970', async () => {
    await using world = await visitsWorld();
    const old = { unitMs: 86_400_000, start: at('1969-12-01'), end: at('1970-01-05') };
    await world.sql(`update visits set at = '1969-12-20'`);
    await world.apply({ ...FLOAT, ...old });
    await world.materialize('visits');
    const twice = { ...TWICE, ...old };
    await applyEdit(world.app.database, fingerprinted(twice), 'forward-only', at('1969-12-10'));
    expect(await world.sql('select stale::text from millrace.coverage')).toEqual([
      { stale: '{["1969-12-10 00:00:00+00","1970-01-05 00:00:00+00")}' },
    ]);
    await world.materialize('visits');
    expect(await world.sql('select pages from features.visits')).toEqual([{ pages: '2' }]);
  });

  test('reads again from the year 1, in whose first days an interval of the year 0 ends', async () => {
    await using world = await visitsWorld();
    const old = { unitMs: 7 * 86_400_000, start: at('1969-12-25'), end: at('1970-01-08') };
    await world.sql(`update visits set at = '1969-12-26'`);
    await world.apply({ ...FLOAT, ...old });
    await world.materialize('visits');
    const twice = { ...TWICE, ...old };
    await applyEdit(world.app.database, fingerprinted(twice), 'forward-only', at('0001-01-01'));
    expect(await world.sql('select stale::text from millrace.coverage')).toEqual([
      { stale: '{["1969-12-25 00:00:00+00","1970-01-08 00:00:00+00")}' },
    ]);
  });

  test('requests an online rebuild for a retyped feature', async () => {
    await using world = await visitsWorld();
    await world.apply(visits([[feature('seen', 'timestamp'), 'at']]));
    await world.materialize('visits');
    const retyped = visits([[feature('seen', 'string'), 'at::text']]);
    await world.edit(retyped, 'forward-only');
    const { database, online } = world.app;
    const verified = () => verifyView({ database, online, view: retyped, signal: NEVER });
    expect(await verified()).toMatchObject({ total: 1, differences: [{ entityId: 'ada', features: ['seen'] }] });
    await repairOnline({ ...world.app.publisher, log: silentLog }, NEVER);
    expect(await verified()).toEqual({ comparedOffline: 1, comparedOnline: 1, total: 0, differences: [] });
  });

  test('restores a feature that existed before with another type', async () => {
    await using world = await visitsWorld();
    await world.sql(`insert into visits values ('ada', '2026-01-01 02:30Z', 1)`);
    const pages = [feature('pages', 'float'), 'value'] as const;
    await world.apply(visits([pages, [feature('grade', 'float'), 'value']]));
    await world.materialize('visits');
    await world.edit(visits([pages]), 'forward-only');
    await world.edit(visits([pages, [feature('grade', 'string'), `'A'::text`]]), 'forward-only');
    await world.setClock('2026-01-01 03:00Z');
    await world.materialize('visits');
    expect(await world.sql('select pages, grade from features.visits order by event_timestamp')).toEqual([
      { pages: '1', grade: '1' },
      { pages: '1', grade: 'A' },
    ]);
  });
});

describe('an edit to a kind without intervals', () => {
  const LATEST: FeatureView = {
    ...FLOAT,
    kind: 'latest',
    query: 'select entity_id, at as timestamp, value as pages from visits',
  };

  test('reads nothing again and shows no intervals, until another edit gives the view intervals again', async () => {
    await using world = await visitsWorld();
    const { database } = world.app;
    await world.apply(FLOAT);
    await world.materialize('visits');
    expect(await applyEdit(database, fingerprinted(LATEST), 'restate')).toEqual({ staleUnits: 0 });
    await world.materialize('visits');
    const none = { count: 0, ms: 0 };
    const [shown] = await viewOverviews(database);
    expect(shown).toMatchObject({ holes: none, stale: none, rereads: none, covered: none, skipped: none });
    expect(await viewSummaries(database)).toMatchObject([{ held: { count: 0 }, stale: { count: 0 } }]);
    expect(await applyEdit(database, fingerprinted(FLOAT), 'equivalent')).toEqual({ staleUnits: 2 });
  });
});

describe('deployViewRows', () => {
  test('changes a description while another session reads the table', async () => {
    await using world = await visitsWorld();
    await world.apply(FLOAT);
    await world.app.database.transaction(async (reader) => {
      await reader.run('lock table features.visits in access share mode');
      await world.apply({ ...FLOAT, description: 'Pages seen.' });
    });
    expect(await world.sql(`select description from millrace.view`)).toEqual([{ description: 'Pages seen.' }]);
  });
});

describe('planDue', () => {
  test('plans for the query that it read, even if another is deployed before the runs are recorded', async () => {
    await using world = await visitsWorld();
    await world.apply(FLOAT);
    const applied = await requireAppliedView(world.app.database, 'visits');
    const { database } = world.app;
    const edited: FeatureView = {
      ...FLOAT,
      kind: 'snapshot',
      query: 'select entity_id, {{end}} as timestamp, value as pages from visits',
    };
    const overtaken: Database = {
      ...database,
      transaction: (work) =>
        database.transaction((session) =>
          work({
            ...session,
            query: async <R>(text: string, values?: readonly unknown[]) => {
              if (text.startsWith('insert into millrace.run')) await world.edit(edited, 'restate');
              return session.query<R>(text, values);
            },
          }),
        ),
    };
    const [run = 0] = await planDue(overtaken, applied, 'schedule', DEFAULT_RUN_OPTIONS);
    await world.perform(run);
    await world.materialize('visits');
    expect(await runs(world)).toEqual(['00-02 superseded', '00-01 done', '01-02 done']);
  });
});

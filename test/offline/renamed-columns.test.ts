// Readers that hold the definition of a view from before an edit that renamed a column.

import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { knownAt } from '../../src/datasets/known-rows.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { epochMicrosOf, openReader } from '../../src/index.ts';
import { type NewestQuery, newestOfEntities } from '../../src/offline/newest.ts';
import { columnsRenamed, rereadIfRenamed } from '../../src/offline/renamed-columns.ts';
import { publishDebt } from '../../src/online/publish.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { verifyView } from '../../src/online/verify.ts';
import type { Database } from '../../src/postgres/database.ts';
import { readingEntities } from '../../src/processes/read-entity.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { openApiWorld } from '../api/world.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';
import { at, feature, fingerprinted, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const QUERY = `select 'ada' as entity_id, 1.5::float8 as value, {{end}} as timestamp`;
/** The column `value` is stored as `spend`. */
const PLAIN = view({ query: QUERY });
/** It is stored as `value`. */
const LISTED = view({ query: QUERY, features: [feature('value', 'float')] });
/** They are stored as `spend` and `value`. */
const BOTH = view({
  query: QUERY.replace(' as value', ' as value, 7.5::float8 as spend'),
  features: [feature('spend', 'float', { nullable: true }), feature('value', 'float')],
});

/** An edit, what is stored before it and after it. */
const EDITS = [
  { what: 'renames the column', before: PLAIN, stored: { spend: 1.5 }, after: LISTED, kept: { value: 1.5 } },
  {
    what: 'exchanges two columns',
    before: BOTH,
    stored: { spend: 7.5, value: 1.5 },
    after: PLAIN,
    kept: { spend: 1.5 },
  },
  {
    what: 'adds a column of the old name',
    before: PLAIN,
    stored: { spend: 1.5 },
    after: BOTH,
    kept: { spend: null, value: 1.5 },
  },
];

const NEVER = new AbortController().signal;

async function store(world: World, defined: FeatureView): Promise<void> {
  await world.apply(defined);
  await world.materialize('spend');
}

function edit(world: World, after: FeatureView) {
  return applyEdit(world.app.database, fingerprinted(after), 'equivalent');
}

/** Calls `edit` before the first use of one of the ways to get a session, as if that use had waited for the edit. */
function editedBefore(database: Database, way: 'session' | 'reserve', edit: () => Promise<unknown>): Database {
  let isEdited = false;
  const first = async () => {
    if (isEdited) return;
    isEdited = true;
    await edit();
  };
  if (way === 'session') {
    return { ...database, session: async (work, signal) => first().then(() => database.session(work, signal)) };
  }
  return { ...database, reserve: async (signal) => first().then(() => database.reserve(signal)) };
}

describe('rereadIfRenamed', () => {
  test('does not repeat work that fails for another reason, or again', async () => {
    const failing = (error: Error) => {
      let times = 0;
      const work = async () => {
        times += 1;
        throw error;
      };
      return rereadIfRenamed(work).catch(() => times);
    };
    const ofPostgres = (code: string) => Object.assign(new Error('no'), { code });
    const explained = new Failure('OFFLINE_DENIED', 'of another release', {}, ofPostgres('42703'));
    const errors = [
      ofPostgres('42P01'),
      ofPostgres('42703'),
      explained,
      columnsRenamed('spend'),
      new SyntaxError('not a number'),
    ];
    expect(await Promise.all(errors.map(failing))).toEqual([1, 2, 2, 2, 2]);
  });
});

describe('newestOfEntities', () => {
  test('does not read a view whose name is that of a table of its query by the old definition', async () => {
    await using world = await openWorld();
    const plain = view({ name: 'asked', query: QUERY });
    await world.apply(plain);
    await world.materialize('asked');
    await world.apply(view({ ...LISTED, name: 'asked' }));
    const reading = world.app.database.session(async (session) => {
      const query: NewestQuery = { session, view: plain, now: '2026-01-04', batchRows: 10, shown: null };
      for await (const lines of newestOfEntities(query, ['ada'])) return lines;
      return null;
    }, NEVER);
    await expect(reading).rejects.toMatchObject({ code: '42703' });
  });
});

describe('openReader', () => {
  test.each(EDITS)('reads as of a time by the new definition: $what', async ({ before, stored, after, kept }) => {
    const [offlineUrl, onlineUrl] = [await migratedDatabase(), await freshRedis('online')];
    await using world = await openWorld({ database: offlineUrl, online: onlineUrl });
    await store(world, before);
    await using reader = openReader({ offlineUrl, onlineUrl });
    const pairs = [{ entityId: 'ada', at: new Date('2026-01-04') }];
    const valuesOf = async () => (await reader.readAsOf('spend', pairs)).map((row) => row?.values);
    expect(await valuesOf()).toEqual([stored]);
    await edit(world, after);
    expect(await valuesOf()).toEqual([kept]);
    await edit(world, before);
    const streamed: unknown[] = [];
    for await (const { spend } of reader.streamAsOf(['spend'], pairs)) streamed.push(spend?.values);
    expect(streamed).toEqual([stored]);
  });
});

describe('openReader of an earlier release than the database', () => {
  test('reads as of a time by the new definition', async () => {
    const [offlineUrl, onlineUrl] = [await migratedDatabase(), await freshRedis('online')];
    await using world = await openWorld({ database: offlineUrl, online: onlineUrl });
    await store(world, PLAIN);
    await using reader = openReader({ offlineUrl, onlineUrl });
    const pairs = [{ entityId: 'ada', at: new Date('2026-01-04') }];
    const valuesOf = async () => (await reader.readAsOf('spend', pairs)).map((row) => row?.values);
    expect(await valuesOf()).toEqual([{ spend: 1.5 }]);
    await edit(world, LISTED);
    await world.sql(`insert into millrace.migration (name) values ('9999_later.sql')`);
    expect(await valuesOf()).toEqual([{ value: 1.5 }]);
  });
});

describe('POST /api/v1/as-of', () => {
  test.each(EDITS)('reads by the new definition: $what', async ({ before, stored, after, kept }) => {
    await using world = await openApiWorld();
    await store(world, before);
    const body = { features: ['spend'], pairs: [{ entity_id: 'ada', at: '2026-01-04T00:00:00Z' }] };
    const read = async () => {
      const answer = await world.ask('/api/v1/as-of', { body });
      const features: Record<string, { value: unknown }> = answer.body.rows[0].features;
      return Object.fromEntries(
        Object.entries(features).map(([name, { value }]) => [name.replace('spend:', ''), value]),
      );
    };
    expect(await read()).toEqual(stored);
    await edit(world, after);
    expect(await read()).toEqual(kept);
  });
});

describe('performPublish', () => {
  test.each(
    EDITS.flatMap((made) => [
      { ...made, way: 'publish', publish: publishDebt },
      { ...made, way: 'rebuild', publish: rebuildView },
    ]),
  )('begins again with the new definition: $way, $what', async ({ before, after, publish }) => {
    await using world = await openWorld();
    await store(world, before);
    const { publisher, database, online } = world.app;
    const { id: viewId } = await requireAppliedView(database, 'spend');
    await world.sql(`update millrace.coverage set published = '{}'`);
    const edited = editedBefore(database, 'session', () => edit(world, after));
    await publish({ ...publisher, database: edited, viewId, signal: NEVER });
    const found = await verifyView({ database, online, view: after, signal: NEVER });
    expect(found).toEqual({ comparedOffline: 1, comparedOnline: 1, total: 0, differences: [] });
  });
});

describe('verifyView', () => {
  test.each(EDITS)('compares by the new definition: $what', async ({ before, after }) => {
    await using world = await openWorld();
    await store(world, before);
    const { publisher, database, online } = world.app;
    const { id: viewId } = await requireAppliedView(database, 'spend');
    const edited = editedBefore(database, 'reserve', async () => {
      await edit(world, after);
      await rebuildView({ ...publisher, viewId, signal: NEVER });
    });
    const found = await verifyView({ database: edited, online, view: before, signal: NEVER });
    expect(found).toEqual({ comparedOffline: 1, comparedOnline: 1, total: 0, differences: [] });
  });
});

describe('knownAt', () => {
  test.each(EDITS)('reads by the new definition: $what', async ({ before, after, kept }) => {
    await using world = await openWorld();
    await store(world, before);
    const edited = editedBefore(world.app.database, 'session', () => edit(world, after));
    const asked = { view: 'spend', as: 'spend', features: null, ageMaxMs: null, entityColumn: 'entity_id' };
    const labels = [{ entityIds: { entity_id: 'ada' }, at: epochMicrosOf(at('2026-01-02T12:00:00Z') * 1_000) }];
    const set = { name: 'set', delayMs: 0, coverage: 'required', views: [asked] } as const;
    const [known] = await knownAt(edited, set, labels);
    expect(known?.rows['spend']?.values).toEqual(kept);
  });
});

describe('readingEntities', () => {
  test.each(EDITS)('reads by the new definition: $what', async ({ before, after, kept }) => {
    await using world = await openWorld();
    await store(world, before);
    await edit(world, after);
    const [row] = await readingEntities(world.app, world.app.database)([before], 'ada');
    expect(row?.view.features).toEqual(after.features);
    expect(row?.offline).toMatchObject({ values: kept });
  });
});

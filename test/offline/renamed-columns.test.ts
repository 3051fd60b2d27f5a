// Readers that hold the definition of a view from before an edit that renamed a column.

import { describe, expect, test } from 'vitest';
import { knownAt } from '../../src/datasets/known-rows.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { epochMicrosOf, openReader } from '../../src/index.ts';
import { type NewestQuery, newestOfEntities } from '../../src/offline/newest.ts';
import { rereadIfRenamed } from '../../src/offline/renamed-columns.ts';
import { publishDebt } from '../../src/online/publish.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { verifyView } from '../../src/online/verify.ts';
import type { Database } from '../../src/postgres/database.ts';
import { readingEntities } from '../../src/processes/read-entity.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { openApiWorld } from '../api/world.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const QUERY = `select 'ada' as entity_id, 1.5::float8 as value, {{end}} as timestamp`;
/** The column `value` is stored as `spend`. */
const PLAIN = view({ query: QUERY });
/** It is stored as `value`. */
const LISTED = view({ query: QUERY, features: [feature('value', 'float')] });
const NEVER = new AbortController().signal;

async function store(world: World, defined: FeatureView = PLAIN): Promise<void> {
  await world.apply(defined);
  await world.materialize('spend');
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
    const failing = (code: string) => {
      let times = 0;
      const work = async () => {
        times += 1;
        throw Object.assign(new Error('no'), { code });
      };
      return rereadIfRenamed(work).catch(() => times);
    };
    expect([await failing('42P01'), await failing('42703')]).toEqual([1, 2]);
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
  test('reads as of a time by the new definition', async () => {
    const [offlineUrl, onlineUrl] = [await migratedDatabase(), await freshRedis('online')];
    await using world = await openWorld({ database: offlineUrl, online: onlineUrl });
    await store(world);
    await using reader = openReader({ offlineUrl, onlineUrl });
    const pairs = [{ entityId: 'ada', at: new Date('2026-01-04') }];
    const valuesOf = async () => (await reader.readAsOf('spend', pairs)).map((row) => row?.values);
    expect(await valuesOf()).toEqual([{ spend: 1.5 }]);
    await world.apply(LISTED);
    expect(await valuesOf()).toEqual([{ value: 1.5 }]);
    await world.apply(PLAIN);
    const streamed: unknown[] = [];
    for await (const { spend } of reader.streamAsOf(['spend'], pairs)) streamed.push(spend?.values);
    expect(streamed).toEqual([{ spend: 1.5 }]);
  });
});

describe('POST /api/v1/as-of', () => {
  test('reads by the new definition', async () => {
    const world = await openApiWorld();
    await store(world);
    const body = { features: ['spend'], pairs: [{ entity_id: 'ada', at: '2026-01-04T00:00:00Z' }] };
    const valuesOf = async () => {
      const answer = await world.ask('/api/v1/as-of', { body });
      return [answer.status, answer.body.rows?.[0]?.features];
    };
    const [status, before] = await valuesOf();
    await world.apply(LISTED);
    const [again, after] = await valuesOf();
    expect([status, Object.keys(before)]).toEqual([200, ['spend']]);
    expect([again, after]).toEqual([200, { 'spend:value': Object.values(before)[0] }]);
  });
});

describe('performPublish', () => {
  test.each([
    ['publish', publishDebt],
    ['rebuild', rebuildView],
  ])('begins again with the new definition: %s', async (_, publish) => {
    await using world = await openWorld();
    await store(world);
    const { publisher, database, online } = world.app;
    const { id: viewId } = await requireAppliedView(database, 'spend');
    await world.sql(`update millrace.coverage set published = '{}'`);
    const edited = editedBefore(database, 'session', () => world.apply(LISTED));
    await publish({ ...publisher, database: edited, viewId, signal: NEVER });
    const found = await verifyView({ database, online, view: LISTED, signal: NEVER });
    expect(found).toEqual({ comparedOffline: 1, comparedOnline: 1, total: 0, differences: [] });
  });
});

describe('verifyView', () => {
  test('compares by the new definition', async () => {
    await using world = await openWorld();
    await store(world);
    const { publisher, database, online } = world.app;
    const { id: viewId } = await requireAppliedView(database, 'spend');
    const edited = editedBefore(database, 'reserve', async () => {
      await world.apply(LISTED);
      await rebuildView({ ...publisher, viewId, signal: NEVER });
    });
    const found = await verifyView({ database: edited, online, view: PLAIN, signal: NEVER });
    expect(found).toEqual({ comparedOffline: 1, comparedOnline: 1, total: 0, differences: [] });
  });
});

describe('knownAt', () => {
  test('reads by the new definition', async () => {
    await using world = await openWorld();
    await store(world);
    const edited = editedBefore(world.app.database, 'session', () => world.apply(LISTED));
    const asked = { view: 'spend', as: 'spend', features: null, ageMaxMs: null, entityColumn: 'entity_id' };
    const labels = [{ entityIds: { entity_id: 'ada' }, at: epochMicrosOf(at('2026-01-02T12:00:00Z') * 1_000) }];
    const set = { name: 'set', delayMs: 0, coverage: 'required', views: [asked] } as const;
    const [known] = await knownAt(edited, set, labels);
    expect(known?.rows['spend']?.values).toEqual({ value: 1.5 });
  });
});

describe('readingEntities', () => {
  test('reads by the new definition', async () => {
    await using world = await openWorld();
    await store(world);
    await world.apply(LISTED);
    const [row] = await readingEntities(world.app, world.app.database)([PLAIN], 'ada');
    expect(row?.view.features).toEqual(LISTED.features);
    expect(row?.offline).toMatchObject({ values: { value: 1.5 } });
  });
});

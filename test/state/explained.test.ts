import { describe, expect, test } from 'vitest';
import { openReader } from '../../src/index.ts';
import { countStaged } from '../../src/offline/staging.ts';
import { readingEntities } from '../../src/processes/read-entity.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { openApiWorld } from '../api/world.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';
import { feature, fingerprinted, view } from '../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';

const SPEND = view({ query: `select 'ada' as entity_id, 1.5::float8 as value, {{end}} as timestamp` });
const AT = new Date('2026-01-04T00:00:00Z');
const MIGRATION = '0031_renamed_columns.sql';

/** Removes what one migration has added, and its name. */
async function takeBack({ sql }: World): Promise<void> {
  await sql('alter table millrace.view drop column value_feature');
  await sql('delete from millrace.migration where name = $1', [MIGRATION]);
}

const EXPLAINED = { name: 'Failure', code: 'OFFLINE_DENIED', facts: { migration: MIGRATION } };

async function spendWorld(options?: WorldOptions): Promise<World> {
  const world = await openWorld(options);
  await world.apply(SPEND);
  await world.materialize('spend');
  return world;
}

describe('explained', () => {
  test('tells a reader of a newer release which migration the tables lack, and it still reads the online store', async () => {
    const [offlineUrl, onlineUrl] = [await migratedDatabase(), await freshRedis('online')];
    await using world = await spendWorld({ database: offlineUrl, online: onlineUrl });
    await takeBack(world);
    await using reader = openReader({ offlineUrl, onlineUrl });
    const pairs = [{ entityId: 'ada', at: AT }];
    await expect(reader.readAsOf('spend', pairs)).rejects.toMatchObject(EXPLAINED);
    await expect(reader.readAsOf(['spend'], pairs)).rejects.toMatchObject(EXPLAINED);
    await expect(reader.streamAsOf(['spend'], pairs).next()).rejects.toMatchObject(EXPLAINED);
    await expect(reader.trainingSet({ views: ['spend'], labels: pairs }).next()).rejects.toMatchObject(EXPLAINED);
    expect((await reader.readOnline(['spend'], ['ada'])).get('ada')).toEqual({ spend: expect.anything() });
  });

  test('tells a reader of a database without tables', async () => {
    await using world = await openWorld();
    await world.sql('drop schema millrace cascade');
    await expect(requireAppliedView(world.app.database, 'spend')).rejects.toMatchObject({
      code: 'OFFLINE_DENIED',
      facts: { migration: '0001_state.sql' },
    });
  });

  test('tells a reader of an earlier release that the tables are of a newer one', async () => {
    await using world = await openWorld();
    await world.sql(`insert into millrace.migration (name) values ('9999_later.sql')`);
    await world.sql('alter table millrace.view rename column spec to definition');
    await expect(requireAppliedView(world.app.database, 'spend')).rejects.toMatchObject({
      code: 'OFFLINE_DENIED',
      facts: { migration: '9999_later.sql' },
    });
  });

  test('lets a reader of an earlier release read again by the definition that an edit has deployed since', async () => {
    const [offlineUrl, onlineUrl] = [await migratedDatabase(), await freshRedis('online')];
    await using world = await spendWorld({ database: offlineUrl, online: onlineUrl });
    await using reader = openReader({ offlineUrl, onlineUrl });
    const read = async () => (await reader.readAsOf('spend', [{ entityId: 'ada', at: AT }]))[0]?.values;
    expect(await read()).toEqual({ spend: 1.5 });
    await world.sql(`insert into millrace.migration (name) values ('9999_later.sql')`);
    const renamed = view({ ...SPEND, features: [feature('value', 'float')] });
    await applyEdit(world.app.database, fingerprinted(renamed), 'equivalent');
    expect(await read()).toEqual({ value: 1.5 });
  });

  test('lets a worker of an earlier release notice that a staging table is gone', async () => {
    await using world = await openWorld();
    await world.sql(`insert into millrace.migration (name) values ('9999_later.sql')`);
    expect(await countStaged(world.app.database, 'staging.gone')).toBeNull();
  });

  test('answers reads over the API, and the entities of the dashboard', async () => {
    await using world = await openApiWorld();
    await world.apply(SPEND);
    await world.materialize('spend');
    await takeBack(world);
    const body = { features: ['spend'], pairs: [{ entity_id: 'ada', at: AT.toISOString() }] };
    expect(await world.ask('/api/v1/as-of', { body })).toMatchObject({
      status: 503,
      body: { code: 'OFFLINE_DENIED', detail: expect.stringContaining(MIGRATION) },
    });
    await using pages = world.app.openPagesDatabase();
    expect(await readingEntities(world.app, pages)([SPEND], 'ada')).toEqual([
      expect.objectContaining({ offline: expect.objectContaining(EXPLAINED) }),
    ]);
  });

  test('leaves other errors as they are, and those of an account that may not see the migrations', async () => {
    const offlineUrl = await migratedDatabase();
    await using world = await spendWorld({ database: offlineUrl });
    await expect(world.sql('select * from millrace.nothing')).rejects.toMatchObject({ code: '42P01' });
    await takeBack(world);
    await expect(world.sql('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(world.sql('select * from millrace.nothing')).rejects.toMatchObject(EXPLAINED);
    const role = `explained_${process.pid}`;
    await world.sql(`create role ${role} login password 'reading'`);
    try {
      await world.sql(`grant usage on schema millrace, features to ${role}`);
      await world.sql(`grant select on millrace.view, millrace.coverage, features.spend to ${role}`);
      const limited = new URL(offlineUrl);
      [limited.username, limited.password] = [role, 'reading'];
      await using reader = openReader({ offlineUrl: limited.href, onlineUrl: await freshRedis('online') });
      const reading = reader.readAsOf('spend', [{ entityId: 'ada', at: AT }]);
      await expect(reading).rejects.toMatchObject({ code: '42703' });
    } finally {
      await world.sql(`drop owned by ${role}`);
      await world.sql(`drop role ${role}`);
    }
  });
});

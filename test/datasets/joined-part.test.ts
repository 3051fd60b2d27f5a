import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/postgres/database.ts';
import type { Session } from '../../src/postgres/session.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { deployViewRows } from '../../src/state/views/views.ts';
import { migratedDatabase } from '../support/servers.ts';
import { feature, fingerprinted } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { buildSet, rowsOf, temporaryFolder } from './build-world.ts';
import { CHURN, SPEND, storeShop } from './small-set.ts';

type Before = (statement: string, place: number, session: Session) => Promise<unknown>;

/** Calls `before` with each statement of a reserved session, and its place among them. */
function watched(database: Database, before: Before): Database & { readonly reserved: () => number } {
  let reserved = 0;
  const reserve: Database['reserve'] = async (signal) => {
    const found = await database.reserve(signal);
    const place = reserved;
    reserved += 1;
    const { session } = found;
    const watchedSession: Session = {
      ...session,
      run: async (statement, values) => {
        await before(`${statement}`, place, session);
        return session.run(statement, values);
      },
      query: async (statement, values) => {
        await before(`${statement}`, place, session);
        return session.query(statement, values);
      },
    };
    return { ...found, session: watchedSession };
  };
  return { ...database, reserve, reserved: () => reserved };
}

const nothing = async () => undefined;

function openSmall(url: string, poolMax: number): Database {
  return openDatabase({
    url,
    role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax,
    connectTimeoutMs: 3_000,
    idleInTransactionMs: 30_000,
    applicationName: 'small',
  });
}

describe('joinedPart', () => {
  test.each([
    { sessions: 2, place: 0 },
    { sessions: 2, place: 1 },
    { sessions: 1, place: 0 },
  ])('fails alike if session $place of $sessions is closed', async ({ sessions, place: closed }) => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const database = watched(world.app.database, async (statement, place, session) => {
      if (place !== closed || !statement.startsWith('create unlogged table')) return;
      const [row] = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
      await world.sql('select pg_terminate_backend($1, 10000)', [row?.pid]);
    });
    // Two parts are joined in one session each.
    const building = buildSet(world, CHURN, join(folder.path, 'set'), { database, partRows: 2_000 / (3 - sessions) });
    await expect(building).rejects.toMatchObject({ code: 'OFFLINE_UNAVAILABLE' });
  });

  test.each([
    { what: 'the pool has one connection', poolMax: 1, used: 0 },
    { what: 'no other connection is free', poolMax: 2, used: 1 },
  ])('reads all labels in one session if $what', async ({ poolMax, used }) => {
    const url = await migratedDatabase();
    await using world = await openWorld({ database: url });
    await using folder = await temporaryFolder();
    await storeShop(world);
    await using small = openSmall(url, poolMax);
    await using held = new AsyncDisposableStack();
    for (let one = 0; one < used; one += 1) held.use(await small.reserve());
    const database = watched(small, nothing);
    const built = await buildSet(world, CHURN, join(folder.path, 'set'), { database });
    expect([database.reserved(), built.rows, built.views[0]?.found]).toEqual([1, 2_000, 1_900]);
  });

  test.each([{ partRows: 1_000 }, { partRows: 2_000 }])(
    'fails where a table is rewritten before it is read, parts of $partRows labels',
    async ({ partRows }) => {
      await using world = await openWorld();
      await using folder = await temporaryFolder();
      await storeShop(world);
      let rewritten = false;
      const database = watched(world.app.database, async (statement) => {
        if (rewritten || !statement.startsWith('explain')) return;
        rewritten = true;
        await world.sql('alter table features.spend alter column amount type numeric');
        await world.sql('alter table features.spend alter column amount type double precision');
      });
      const set = join(folder.path, 'set');
      const building = buildSet(world, CHURN, set, { database, partRows });
      await expect(building).rejects.toMatchObject({
        code: 'OFFLINE_UNAVAILABLE',
        facts: { table: 'features."spend"' },
      });
      const built = await buildSet(world, CHURN, set, { partRows });
      const rows = await rowsOf(set, built);
      expect(rows.filter((row) => row['spend__amount'] !== null)).toHaveLength(1_900);
    },
  );

  test('fails where a view was deployed with another definition since the build began, and builds that one next', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql(`update features.spend set note = '007'`);
    const numbers = { ...SPEND, features: [feature('amount', 'float'), feature('note', 'int')] };
    const { database } = world.app;
    let edited = false;
    const reserve: Database['reserve'] = async (signal) => {
      if (!edited) await applyEdit(database, fingerprinted(numbers), 'equivalent');
      edited = true;
      return database.reserve(signal);
    };
    const set = join(folder.path, 'set');
    await expect(buildSet(world, CHURN, set, { database: { ...database, reserve } })).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      facts: { dataset: 'churn', view: 'spend' },
    });
    const built = await buildSet(world, CHURN, set);
    expect(built.columns.find(({ name }) => name === 'spend__note')).toMatchObject({ type: 'bigint', nulls: 100 });
  });

  test('fails where a stored column was renamed since the build began', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const renamed = {
      ...SPEND,
      features: [feature('total', 'float', { column: 'amount' }), feature('note', 'string')],
    };
    const { database } = world.app;
    let deployed = false;
    const reserve: Database['reserve'] = async (signal) => {
      if (!deployed) await deployViewRows(database, [fingerprinted(renamed)]);
      deployed = true;
      return database.reserve(signal);
    };
    const built = buildSet(world, CHURN, join(folder.path, 'set'), { database: { ...database, reserve } });
    await expect(built).rejects.toMatchObject({ code: 'CHECK_FAILED', facts: { dataset: 'churn', view: 'spend' } });
  });
});

// validate --connect of views with `from` on Postgres, MySQL and files.

import { beforeAll, describe, expect, test } from 'vitest';
import { freshMysql, mysqlDo } from '../../support/mysql.ts';
import type { CommandWorld } from '../world.ts';
import { connected, declaredTests, LOOKUP, openWarehouse, ROWS, ROWS_TWICE, SUM } from './connect-declared.ts';

let world: CommandWorld;
const distinct = (column: string) => `{ name: n, type: int, aggregate: count_distinct, column: ${column} }`;

beforeAll(async () => {
  const warehouse = await freshMysql();
  await mysqlDo(
    warehouse,
    'create table user_events (user_id varchar(20), at datetime, amount double, note text, country varchar(2), seen datetime, single float, id binary(16))',
    'create table profiles (user_id varchar(20), kyc text)',
    `insert into profiles values ${ROWS}`,
    'create table twice (uid varchar(20), kyc text)',
    `insert into twice values ${ROWS_TWICE}`,
  );
  world = await openWarehouse(warehouse, 'mysql');
  await world.write({ 'lake/events/2026-01-01.csv': 'user_id,at,amount,note\nada,2026-01-01T10:00:00Z,5,much\n' });
  for (const statement of [
    'create extension citext',
    'create table user_events (user_id text, at timestamptz, amount float8, note text, country text, seen timestamptz, email citext)',
    'create table profiles (user_id text, kyc text)',
    `insert into profiles values ${ROWS}`,
    'create table twice (uid text, kyc text)',
    `insert into twice values ${ROWS_TWICE}`,
  ]) {
    await world.database.run(statement);
  }
});

describe('validate --connect of a view with `from` on Postgres', () => {
  declaredTests('shop', () => world);

  test.each([
    ['a count of distinct values', { features: [distinct('email')] }, /:9:\d+: /],
    ['an entity', { from: 'table: user_events, entity_id: email, timestamp: at', features: [SUM] }, /:7:\d+: /],
    ['a filter', { features: [SUM.replace('window', 'where: { email: a@x }, window')] }, /:9:\d+: /],
  ])('refuses a column that ignores case as %s', async (_name, keys, place) => {
    const { code, stderr } = await connected(world, 'shop', keys);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(place) });
    expect(stderr).toContain('email is citext, which ignores case, but values must be compared exactly');
  });

  test('shows no key of a redacted view', async () => {
    const features = [SUM, LOOKUP.replace('profiles', 'twice, entity_id: uid')];
    const { code, stderr } = await connected(world, 'shop', { features, extra: 'redacted: true\n' });
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/the same uid\. A lookup/) });
  });
});

describe('validate --connect of a view with `from` on MySQL', () => {
  declaredTests('warehouse', () => world);

  test.each([
    [
      'single',
      'single is float, which has more digits than its text; read from a database view that casts it to double',
    ],
    ['id', 'id is a binary string, which is not text; read from a database view that converts it, such as hex'],
  ])('refuses a count of distinct values of %s', async (column, expected) => {
    const { code, stderr } = await connected(world, 'warehouse', { features: [distinct(column)] });
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(expected) });
  });
});

describe('validate --connect of a view with `from` over files', () => {
  test('refuses an unknown column at `from`', async () => {
    const from = 'files: "events/{yyyy}-{MM}-{dd}.csv", entity_id: user_id, timestamp: at, types: { at: timestamp }';
    const features = [SUM.replace('[1d, 7d]', '1d').replace('amount', 'amuont')];
    const { code, stderr } = await connected(world, 'lake', { from, features, extra: 'end: 2026-01-02\n' });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/\.yaml:7:\d+: SOURCE_QUERY: .*amuont/),
    });
  });

  test('refuses a sum over a field of CSV that has no type, and names the key', async () => {
    const from = 'files: "events/{yyyy}-{MM}-{dd}.csv", entity_id: user_id, timestamp: at, types: { at: timestamp }';
    const features = [SUM.replace('[1d, 7d]', '1d')];
    const { code, stderr } = await connected(world, 'lake', { from, features, extra: 'end: 2026-01-02\n' });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /:9:\d+: SOURCE_SHAPE: .*amount is .*declare its type in the view, for example types: \{ amount: decimal \}/,
      ),
    });
  });
});

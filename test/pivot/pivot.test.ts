import { describe, expect, test } from 'vitest';
import { openSource } from '../../src/sources/index.ts';
import { lakeFolder, openLake } from '../sources/lake/lake-files.ts';
import { ownerOf } from '../sources/postgres/world.ts';
import { failureOf } from '../sources/source-contract.ts';
import { feature, sourceOptions, viewFiles } from '../sources/worlds.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { freshDatabase } from '../support/servers.ts';
import { LONG_QUERY, type LongRow, pivoted, pivotView, testPivot } from './long-table.ts';

async function postgres(create: string, rows: readonly LongRow[]) {
  const url = await freshDatabase();
  await using owner = ownerOf(url);
  await owner.run(create);
  await owner.run(
    'insert into user_features select e->>0, (e->>1)::timestamptz, e->>2, e->>3 from json_array_elements($1) e',
    [JSON.stringify(rows.map(([id, at, ...rest]) => [id, `${at}+00`, ...rest]))],
  );
  return openSource(sourceOptions({ url }));
}

const CREATE =
  'create table user_features (user_id text, event_time timestamptz, feature_name text, feature_value text)';

testPivot('Postgres', (rows) => postgres(CREATE, rows), {});

testPivot(
  'MariaDB',
  async (rows) => {
    const url = await freshMysql();
    await mysqlDo(
      url,
      'create table user_features (user_id varchar(20), event_time datetime(6), feature_name varchar(20), feature_value text)',
      ['insert into user_features values ?', [rows]],
    );
    return openSource(sourceOptions({ url }));
  },
  {},
);

const csv = (rows: readonly LongRow[]) =>
  [
    'user_id,event_time,feature_name,feature_value',
    ...rows.map((row) => row.map((text) => (text === null ? '' : `"${text}"`)).join()),
  ].join('\n');

testPivot('CSV files', async (rows) => openLake(await lakeFolder({ 'long.csv': csv(rows) })), {
  files: viewFiles({ pattern: 'long.csv', format: 'csv', types: { event_time: 'timestamp' } }),
  query: LONG_QUERY.replace('user_features', 'files'),
});

describe('pivot', () => {
  test('reads values of another type than text exactly', async () => {
    const url = await freshDatabase();
    await using owner = ownerOf(url);
    await owner.run("create type trait as enum ('rate', 'half', 'old')");
    await owner.run('create table traits (id int, at timestamptz, trait trait, number float8)');
    await owner.run(
      "insert into traits values (1, '2026-01-31 10:00Z', 'rate', 0.1 + 0.2::float8), (1, '2026-01-31 10:00Z', 'half', 3), (1, '2026-01-31 10:00Z', 'old', 1e300)",
    );
    await using source = openSource(sourceOptions({ url }));
    const view = pivotView({
      features: [feature('rate', 'float'), feature('half', 'int'), feature('fresh', 'int', { nullable: true })],
      pivot: { name: 'trait', value: 'number' },
      query:
        'select id as entity_id, at as timestamp, trait, number from traits where at >= {{start}} and at < {{end}}',
    });

    expect(await pivoted(source, view)).toEqual({
      rows: [['1', '10', '0.30000000000000004', '3', '\\N']],
      refused: [],
    });
  });

  test('refuses times as text, because rows of one time in two spellings would lose features', async () => {
    await using source = openSource(sourceOptions({ url: await freshDatabase() }));
    const view = pivotView({
      query: "select 'a' as entity_id, '2026-01-31 10:00Z' as timestamp, 'city' as feature_name, 'x' as feature_value",
    });
    const { code, message } = await failureOf(pivoted(source, view));
    expect([code, message]).toEqual(['SOURCE_SHAPE', expect.stringContaining('timestamp is text, expected ')]);
  });

  test('refuses a row without a name that must be there', async () => {
    await using source = await postgres(CREATE, [['ann', '2026-01-31 10:00:00', 'city', 'Hel']]);
    const view = pivotView({ features: [feature('city', 'string'), feature('clicks', 'int')] });

    expect(await pivoted(source, view)).toEqual({ rows: [], refused: ['ann value_null: clicks is null, not an int'] });
  });

  test('joins the parts of a composite entity', async () => {
    await using source = await postgres(CREATE, [
      ['ann', '2026-01-31 10:00:00', 'city', 'Hel'],
      ['ann', '2026-01-31 10:00:00', 'clicks', '7'],
    ]);
    const query = LONG_QUERY.replace('user_id as entity_id', "user_id, 'tea' as item_id");
    const { rows } = await pivoted(source, pivotView({ entity: 'user|item', query }));

    expect(rows).toEqual([['ann|tea', '10', 'Hel', '7', '\\N', '\\N']]);
  });

  test.each([
    ['feature_value,', 'wrong,', /wrong.*\(line 1, column 69 of the query\)/],
    ['user_features', 'user_feature', /user_feature.*\(line 2, column 8 of the query\)/],
  ])('places an error in the query of the view: %s → %s', async (from, to, message) => {
    await using source = await postgres(CREATE, []);
    const query = LONG_QUERY.replace('feature_value', 'feature_value, 1 as one').replace(from, to);
    const failure = await failureOf(pivoted(source, pivotView({ query })));

    expect([failure.code, failure.message]).toEqual(['SOURCE_QUERY', expect.stringMatching(message)]);
  });

  test('names a column that the query does not return, without a place in the query', async () => {
    await using source = await postgres(CREATE, []);
    const { message } = await failureOf(
      pivoted(source, pivotView({ pivot: { name: 'name', value: 'feature_value' } })),
    );

    expect(message).toContain('column t.name does not exist');
    expect(message).not.toContain('of the query)');
  });
});

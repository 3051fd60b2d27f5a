import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/index.ts';
import { lakeFolder, writeParquet } from '../../sources/lake/lake-files.ts';
import { ownerOf } from '../../sources/postgres/world.ts';
import { PLACES } from '../../sources/storage/places.ts';
import { sourceOptions } from '../../sources/worlds.ts';
import { freshDatabase } from '../../support/servers.ts';
import { documentedView, stagedRows } from './documented.ts';

async function folder(files: Readonly<Record<string, string>>): Promise<{ url: string }> {
  return { url: `file://${await lakeFolder(files)}` };
}

/** The bytes of a Parquet file. */
async function parquet(query: string): Promise<Uint8Array> {
  const path = join(await lakeFolder(), 'file.parquet');
  await writeParquet(path, query);
  return readFileSync(path);
}

describe.each(Object.entries(PLACES))('definitions over Parquet files in %s', (_, open) => {
  const at = "timestamptz '2026-09-09 12:00:00Z'";

  test.each([
    [
      'fstore',
      'user_behavior_features',
      'features/user_behavior',
      `select 1 as user_id, ${at} as updated_at, 7 as sessions`,
    ],
    ['velostream', 'analytics', 'analytics', `select 1 as user_id, ${at} as event_time, 7 as events`],
    ['velostream', 'bucket_data', 'data', `select 1 as user_id, ${at} as event_time, 7 as events`],
  ])('read columns of %s: %s', async (system, name, path, query) => {
    await using world = await open();
    world.put(`${path}/1.parquet`, await parquet(query));
    world.put(`${path}/2.parquet`, await parquet(query.replace('select 1', 'select 2')));

    expect(await stagedRows(documentedView(system, name), world.options())).toEqual({
      rows: [
        ['1', '7'],
        ['2', '7'],
      ],
      refused: 0,
    });
  });

  test('compute a sum over files', async () => {
    await using world = await open();
    const row = (amount: string) => `select 1 as customer_id, ${at} as created_at, ${amount}::decimal(10, 2) as amount`;
    world.put('customer_transactions/1.parquet', await parquet(row('0.10')));
    world.put('customer_transactions/2.parquet', await parquet(row('0.20')));

    const { rows } = await stagedRows(documentedView('fstore', 'customer_transactions'), world.options());
    expect(rows).toEqual([['1', '0.30']]);
  });
});

describe('definitions over files and a database', () => {
  test('join a table from Postgres', async () => {
    const url = await freshDatabase();
    await using owner = ownerOf(url);
    await owner.run('create table customers (id text, customer_name text)');
    await owner.run("insert into customers values ('7', 'Ann')");
    await using shop = openSource(sourceOptions({ url }));
    const lake = await lakeFolder({
      'orders/2026-09-09.csv': 'id,created_at,customer_id,product_id\n1,2026-09-09T10:00:00Z,7,3\n',
    });
    await writeParquet(join(lake, 'products/1.parquet'), "select '3' as id, 'green tea' as product_details");
    const source = { url: `file://${lake}`, others: () => shop };

    expect(await stagedRows(documentedView('velostream', 'enriched_orders'), source)).toEqual({
      rows: [['1', 'Ann', 'green tea']],
      refused: 0,
    });
  });
});

describe('definitions over files', () => {
  test('read a CSV file', async () => {
    const source = await folder({
      'orders.csv':
        'order_id,customer_id,amount,created_at\n1,ann,9.90,2026-09-01 10:00:00Z\n2,bob,many,2026-09-01 10:00:00Z\n',
    });

    expect(await stagedRows(documentedView('velostream', 'orders'), source)).toEqual({
      rows: [['ann', '9.9']],
      refused: 1,
    });
  });

  test('read json files', async () => {
    const source = await folder({
      'input/1.json': '{"user_id": "ann", "event_time": "2026-09-01T10:00:00Z", "latency": 12.5}\n',
      'input/2.json': '[{"user_id": "bob", "event_time": "2026-09-01T10:00:00Z", "latency": 8}]',
    });

    expect((await stagedRows(documentedView('velostream', 'input'), source)).rows).toEqual([
      ['ann', '12.5'],
      ['bob', '8'],
    ]);
  });

  test('read a lookup table', async () => {
    const source = await folder({
      'records/2026-09-09.csv': 'id,at,lookupKey\n1,2026-09-09T10:00:00Z,a\n2,2026-09-09T11:00:00Z,z\n',
      'lookup.csv': 'lookupKey,lookupData\na,first\nb,second\n',
    });

    expect((await stagedRows(documentedView('summit', 'enriched_records'), source)).rows).toEqual([
      ['1', 'first'],
      ['2', '\\N'],
    ]);
  });
});

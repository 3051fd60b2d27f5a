// Several tables in one query.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ViewFiles } from '../../../src/definition/view.ts';
import type { RefusedRow } from '../../../src/rows/refusal.ts';
import type { SourceOptions } from '../../../src/sources/source.ts';
import { failureOf, rowsOf } from '../source-contract.ts';
import { tableFiles } from '../worlds.ts';
import { askingFiles, calm, lakeFolder, openLake, writeParquet } from './lake-files.ts';

type Tables = Readonly<Record<string, Partial<ViewFiles>>>;

async function readTables(
  folder: string,
  tables: Tables,
  query: string,
  options: Partial<SourceOptions> = {},
): Promise<{ rows: (string | null)[][]; refused: RefusedRow[] }> {
  await using source = openLake(folder, options);
  const files = Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, tableFiles(table)]));
  const reading = await source.open?.(askingFiles({}, query, { files }), calm);
  await using _reading = reading;
  const rows: (string | null)[][] = [];
  const refused: RefusedRow[] = [];
  for await (const batch of reading?.rows() ?? []) {
    rows.push(...rowsOf(batch));
    refused.push(...(batch.refused ?? []));
  }
  return { rows, refused };
}

const ORDERS = { pattern: 'orders/{yyyy}-{MM}-{dd}.csv', format: 'csv', types: { amount: 'int' } } as const;
const CUSTOMERS = { pattern: 'customers/{yyyy}-{MM}-{dd}.parquet', format: 'parquet' } as const;
const JOINED = 'select c.name, sum(o.amount) from orders o left join customers c using (id) group by 1 order by 1';

async function shop(): Promise<string> {
  const folder = await lakeFolder({ 'orders/2026-01-31.csv': 'id,amount\n1,10\n1,5\n2,x\n2,1\n3\n' });
  await writeParquet(
    join(folder, 'customers/2026-01-31.parquet'),
    `select '1' as id, 'Ada' as name union all select '2', 'Bob'`,
  );
  return folder;
}

describe('tables of files', () => {
  test('are joined by the query, each with its format and rules', async () => {
    const { rows, refused } = await readTables(await shop(), { orders: ORDERS, customers: CUSTOMERS }, JOINED);
    expect(rows).toEqual([
      ['Ada', '15'],
      ['Bob', '1'],
    ]);
    expect(refused.map(({ detail }) => detail)).toEqual([
      'in orders/2026-01-31.csv, line 6 has 1 fields, but there are 2 columns',
      'in orders/2026-01-31.csv, line 4: amount is "x", not a 64-bit integer',
    ]);
  });

  test('without a date are the same for every span, and do not replace the files of a span', async () => {
    const folder = await shop();
    await writeParquet(join(folder, 'names.parquet'), `select '1' as id, 'Grace' as name`);
    const names = { pattern: 'names.parquet', format: 'parquet', onMissing: 'fail', lateMs: 0 } as const;
    const { rows } = await readTables(folder, { orders: ORDERS, customers: names }, JOINED);
    expect(rows).toEqual([
      ['Grace', '15'],
      [null, '1'],
    ]);

    const missing = { ...ORDERS, pattern: 'none/{yyyy}-{MM}-{dd}.csv', onMissing: 'empty' } as const;
    const failure = await failureOf(readTables(folder, { orders: missing, customers: names }, JOINED));
    expect(failure).toMatchObject({ code: 'FILES_MISSING', facts: { onMissing: 'empty' } });
  });

  test('may be the same files', async () => {
    const { rows } = await readTables(
      await shop(),
      { a: CUSTOMERS, b: CUSTOMERS },
      'select a.id from a join b using (id)',
    );
    expect(rows.toSorted()).toEqual([['1'], ['2']]);
  });

  test('fail if one is missing and must not be, and name it', async () => {
    const folder = await lakeFolder({ 'orders/2026-01-31.csv': 'id,amount\n' });
    const tables = {
      orders: { ...ORDERS, onMissing: 'empty' },
      customers: { ...CUSTOMERS, onMissing: 'wait' },
    } as const;
    const failure = await failureOf(readTables(folder, tables, JOINED));
    expect([failure.code, failure.facts['onMissing'], failure.message]).toEqual([
      'FILES_MISSING',
      'wait',
      expect.stringContaining('matches customers/{yyyy}-{MM}-{dd}.parquet'),
    ]);
  });

  test('are empty if they may be missing, with the declared columns', async () => {
    const orders = { ...ORDERS, onMissing: 'empty', types: { amount: 'int', id: 'string' } } as const;
    const folder = await lakeFolder();
    await writeParquet(join(folder, 'customers/2026-01-31.parquet'), `select '1' as id, 'Ada' as name`);
    const query = 'select c.name, count(o.amount) from customers c left join orders o using (id) group by 1';
    const { rows } = await readTables(folder, { orders, customers: CUSTOMERS }, query);
    expect(rows).toEqual([['Ada', '0']]);
    const all = await failureOf(readTables(await lakeFolder(), { orders }, 'select id from orders'));
    expect([all.code, all.facts['onMissing']]).toEqual(['FILES_MISSING', 'empty']);
  });

  test('of Parquet have columns in their paths, with the declared types', async () => {
    const folder = await lakeFolder();
    await writeParquet(join(folder, 'dt=2026-01-30/n=1/a.parquet'), 'select 1 as a');
    await writeParquet(join(folder, 'dt=2026-01-31/n=2/a.parquet'), `select 2 as a, 'inside' as n`);
    await writeParquet(join(folder, 'dt=2026-01-31/n=3/a.parquet'), `select 3 as a, 'inside' as n`);
    const dated = { pattern: 'dt=*/*/a.parquet', types: { dt: 'timestamp' } } as const;
    expect((await readTables(folder, { t: dated }, 'select a, dt from t')).rows).toEqual([
      ['1', '2026-01-30 00:00:00+00'],
      ['2', '2026-01-31 00:00:00+00'],
      ['3', '2026-01-31 00:00:00+00'],
    ]);
    const inside = await failureOf(readTables(folder, { t: dated }, 'select n from t'));
    expect(inside.message).toContain(
      'column "n" cannot be used: dt=2026-01-30/n=1/a.parquet has it only in its path, but other files contain it as a column',
    );
    const wrong = await failureOf(readTables(folder, { t: { ...dated, types: { dt: 'int' } } }, 'select a from t'));
    expect([wrong.code, wrong.message]).toEqual([
      'FILE_BROKEN',
      'dt=2026-01-30/n=1/a.parquet is broken: its path has dt=2026-01-30, which is not a 64-bit integer.',
    ]);
    const own = await failureOf(readTables(folder, { t: { ...dated, types: { a: 'int' } } }, 'select a from t'));
    expect([own.code, own.message]).toEqual(['SOURCE_SHAPE', expect.stringContaining('declares a type for a, ')]);
  });
});

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/definition/dataset.ts';
import { at } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { buildSet, rowsOf, temporaryFolder } from './build-world.ts';
import { CHURN, storeShop } from './small-set.ts';

const DAY = 86_400_000;
const FILES = {
  pattern: 'labels/*.csv',
  format: 'csv',
  types: { timestamp: 'timestamp', weight: 'decimal' },
  windowMs: 0,
  onMissing: 'fail',
  lateMs: 0,
  onBadField: 'fail',
} as const;

describe('buildDataset', () => {
  test('takes labels from files, and keeps all their columns', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'lake/labels'), { recursive: true });
    await writeFile(
      join(folder.path, 'lake/labels/a.csv'),
      'entity_id,timestamp,weight,why\nc1,2026-01-03T12:00:00Z,1.50,"a, b"\n',
    );
    await writeFile(
      join(folder.path, 'lake/labels/b.csv'),
      'entity_id,timestamp,weight,why\nc2,2026-01-03,,\nc51,2026-01-03,2,x\n',
    );
    await using world = await openWorld({ folder: folder.path, sources: { lake: 'file:./lake' } });
    await storeShop(world);
    const set = join(folder.path, 'set');
    const labels = { kind: 'files', source: 'lake', files: FILES, query: null } as const;
    const receipt = await buildSet(world, { ...CHURN, labels }, set);
    expect(await rowsOf(set, receipt)).toEqual([
      row('c1', '2026-01-03 12:00:00+00', { weight: '1.500000000', why: 'a, b' }, [
        '0.2857142857142857',
        'note 1',
        '2026-01-03 00:00:00+00',
      ]),
      row('c2', '2026-01-03 00:00:00+00', { weight: null, why: null }, [
        '0.5714285714285714',
        'note 2',
        '2026-01-03 00:00:00+00',
      ]),
      row('c51', '2026-01-03 00:00:00+00', { weight: '2.000000000', why: 'x' }, [null, null, null]),
    ]);
  });

  // DuckDB takes the first line end of a file, even within quotes, for that of all its lines.
  test.each(['\rx', 'a\r\nb', '\n', '"\r"'])('keeps the line ends of texts: %j', async (why) => {
    await using folder = await temporaryFolder();
    await using world = await openWorld();
    await storeShop(world);
    await world.sql('create table texts as select $1::text as why', [why]);
    const query = `select entity_id, at as timestamp, why from churn, texts where at >= {{start}} and at < {{end}}`;
    const set = join(folder.path, 'set');
    const labels = { kind: 'query', source: 'shop', query } as const;
    const rows = await rowsOf(set, await buildSet(world, { ...CHURN, labels }, set));
    expect(new Set(rows.map((one) => one['why']))).toEqual(new Set([why]));
  });

  test.each([
    ['no file', {}, 'FILES_MISSING'],
    [
      'a field that does not fit its type',
      { 'a.csv': 'entity_id,timestamp,weight\nc1,2026-01-03,heavy\n' },
      'FILE_BROKEN',
    ],
  ] as const)('refuses labels of %s', async (_what, files, code) => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'lake/labels'), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, 'lake/labels', name), text);
    await using world = await openWorld({ folder: folder.path, sources: { lake: 'file:./lake' } });
    await storeShop(world);
    const labels = { kind: 'files', source: 'lake', files: FILES, query: null } as const;
    await expect(buildSet(world, { ...CHURN, labels }, join(folder.path, 'set'))).rejects.toMatchObject({ code });
  });

  test('writes -0, and files that DuckDB finds it in by a condition on 0', async () => {
    await using folder = await temporaryFolder();
    await using world = await openWorld();
    await storeShop(world);
    await world.sql(`update features.spend set amount = '-0'`);
    const set = join(folder.path, 'set');
    const found = await rowsOf(set, await buildSet(world, CHURN, set), 'spend__amount = 0.0');
    expect([found.length, new Set(found.map((one) => one['spend__amount']))]).toEqual([1_900, new Set(['-0.0'])]);
  });

  test('makes a label of each entity at each step from when it was first known on', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql(
      `delete from features.spend where entity_id not in ('c1', 'c2') or entity_id = 'c2' and event_timestamp < '2026-01-10'`,
    );
    const labels = { kind: 'steps', everyMs: DAY, entities: 'spend' } as const;
    const set: Dataset = { ...CHURN, labels, start: at('2026-01-08'), end: at('2026-01-12') };
    const receipt = await buildSet(world, set, join(folder.path, 'set'));
    const rows = await rowsOf(join(folder.path, 'set'), receipt);
    expect(
      rows.map((one) => [
        one['entity_id'],
        one['timestamp']?.slice(0, 10),
        one['spend__event_timestamp']?.slice(0, 10),
      ]),
    ).toEqual([
      ['c1', '2026-01-08', '2026-01-08'],
      ['c1', '2026-01-09', '2026-01-09'],
      ['c1', '2026-01-10', '2026-01-10'],
      ['c1', '2026-01-11', '2026-01-11'],
      ['c2', '2026-01-10', '2026-01-10'],
      ['c2', '2026-01-11', '2026-01-11'],
    ]);
  });

  test('writes CSV and JSON, one folder per month, with every digit', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql(`delete from churn where entity_id <> 'c1' or at not in ('2026-01-03 18:00', '2026-01-04 06:00')`);
    await world.sql(
      `alter table churn add column price numeric default 1.50, add column "Quote" text default 'say "hi", you'`,
    );
    const query = 'select entity_id, at as timestamp, price, "Quote" from churn where at between {{start}} and {{end}}';
    const labels = { kind: 'query', source: 'shop', query } as const;
    for (const format of ['csv', 'json'] as const) {
      await buildSet(world, { ...CHURN, labels, format, partition: 'month' }, join(folder.path, format));
    }
    expect(await readFile(join(folder.path, 'csv/month=2026-01/part-00000.csv'), 'utf8')).toBe(
      'entity_id,timestamp,price,Quote,spend__amount,spend__note,spend__event_timestamp\n' +
        'c1,2026-01-03 18:00:00+00,1.50,"say ""hi"", you",0.2857142857142857,note 1,2026-01-03 00:00:00+00\n' +
        'c1,2026-01-04 06:00:00+00,1.50,"say ""hi"", you",0.42857142857142855,note 1,2026-01-04 00:00:00+00\n',
    );
    const [line = ''] = (await readFile(join(folder.path, 'json/month=2026-01/part-00000.jsonl'), 'utf8')).split('\n');
    expect(JSON.parse(line)).toEqual({
      entity_id: 'c1',
      timestamp: '2026-01-03 18:00:00+00',
      price: '1.50',
      Quote: 'say "hi", you',
      spend__amount: 0.2857142857142857,
      spend__note: 'note 1',
      spend__event_timestamp: '2026-01-03 00:00:00+00',
    });
  });

  test.each(['NaN', 'Infinity', '-Infinity'])('refuses %s in JSON, and keeps it in other formats', async (value) => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql(`delete from churn where entity_id <> 'c1' or at not in ('2026-01-03 18:00', '2026-01-04 06:00')`);
    await world.sql('alter table churn add column odds double precision default 0.5');
    await world.sql(`update churn set odds = '${value}' where at = '2026-01-03 18:00'`);
    const query = 'select entity_id, at as timestamp, odds from churn where at >= {{start}} and at < {{end}}';
    const labels = { kind: 'query', source: 'shop', query } as const;
    await expect(
      buildSet(world, { ...CHURN, labels, format: 'json' }, join(folder.path, 'json')),
    ).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message:
        'The column odds of the labels of churn has numbers that are NaN or infinite, which JSON cannot represent: exclude these labels, return null instead, or use `format: parquet` or `format: csv`.',
    });
    const parquet = join(folder.path, 'parquet');
    const rows = await rowsOf(parquet, await buildSet(world, { ...CHURN, labels }, parquet));
    expect(rows.map(({ odds }) => Number(String(odds).replace('inf', 'Infinity')))).toEqual([Number(value), 0.5]);
    const csv = join(folder.path, 'csv');
    await buildSet(world, { ...CHURN, labels, format: 'csv' }, csv);
    const written = (await readFile(join(csv, 'part-00000.csv'), 'utf8')).split('\n').slice(1, -1);
    expect(written.map((line) => line.split(',')[2])).toEqual([value.toLowerCase().replace('infinity', 'inf'), '0.5']);
  });

  test('splits labels by time so that each subset has its share of them, and one time is in one subset', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const parts = [
      { name: 'train', share: 0.8 },
      { name: 'test', share: 0.2 },
    ] as const;
    const splits = async (name: string) => {
      const path = join(folder.path, name);
      const rows = await rowsOf(path, await buildSet(world, { ...CHURN, split: { by: 'time', parts } }, path));
      return rows
        .toSorted((a, b) => (a['timestamp'] ?? '').localeCompare(b['timestamp'] ?? ''))
        .map((one) => one['split']);
    };
    // All of them in the last day of twenty.
    await world.sql('delete from churn');
    await world.sql(`insert into churn
      select 'c' || e, timestamptz '2026-01-20' + e * interval '1 hour', true from generate_series(1, 10) e`);
    expect(await splits('hours')).toEqual([...new Array(8).fill('train'), 'test', 'test']);
    await world.sql(`update churn set at = '2026-01-20 09:00' where at = '2026-01-20 08:00'`);
    expect(await splits('equal')).toEqual([...new Array(9).fill('train'), 'test']);
  });

  test('refuses to round a decimal that Parquet cannot hold, and says what to do', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql('alter table features.spend alter amount type numeric using 1.0000000001');
    await world.sql(`update millrace.view set spec = jsonb_set(spec, '{features,0,type}', '"decimal"')`);
    await expect(buildSet(world, CHURN, join(folder.path, 'set'))).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringContaining(
        'amount of spend has decimals with more than 29 digits before or 9 after the decimal point',
      ),
    });
  });

  test.each([
    ['0.0000000001', 'too many places'],
    ['1e30', 'too many digits'],
    ["'NaN'", 'no number'],
  ])('refuses to round a decimal of the labels: %s has %s', async (value) => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql(`alter table churn add column odds numeric default ${value}`);
    const query = 'select entity_id, at as timestamp, odds from churn where at >= {{start}} and at < {{end}}';
    const labels = { kind: 'query', source: 'shop', query } as const;
    await expect(buildSet(world, { ...CHURN, labels }, join(folder.path, 'set'))).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringContaining(
        'The column odds of the labels of churn has decimals with more than 29 digits before or 9 after the decimal point',
      ),
    });
    const exact = await buildSet(world, { ...CHURN, labels, format: 'csv' }, join(folder.path, 'exact'));
    expect(exact.rows).toBe(2_000);
  });

  test.each([
    ['date', '0044-03-15 BC'],
    ['timestamp', '0044-03-15 10:00 BC'],
    ['timestamptz', '0001-01-01 00:00+02'],
    ['timestamptz', '294270-01-01'],
  ])('refuses a %s of the labels that files would lose: %s', async (type, value) => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql(`alter table churn add column since ${type} default 'infinity'`);
    const query = 'select entity_id, at as timestamp, since from churn where at >= {{start}} and at < {{end}}';
    const labels = { kind: 'query', source: 'shop', query } as const;
    expect((await buildSet(world, { ...CHURN, labels }, join(folder.path, 'endless'))).rows).toBe(2_000);
    await world.sql(`update churn set since = '${value}' where entity_id = 'c7'`);
    await expect(buildSet(world, { ...CHURN, labels }, join(folder.path, 'set'))).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: `The column since of churn has a value that this file format cannot represent as ${type}: convert it to text in the query of the labels.`,
    });
  });

  test('names the column of a value that a file cannot hold, without the row', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql(`alter table churn add column expires timestamp default '294276-12-31'`);
    const query = 'select entity_id, at as timestamp, expires from churn where at >= {{start}} and at < {{end}}';
    const labels = { kind: 'query', source: 'shop', query } as const;
    await expect(buildSet(world, { ...CHURN, labels }, join(folder.path, 'set'))).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message:
        'The column expires of churn has a value that this file format cannot represent as timestamp: convert it to text in the query of the labels.',
    });
  });
});

function row(entity: string, timestamp: string, more: Record<string, string | null>, spend: (string | null)[]) {
  const [amount, note, time] = spend;
  return {
    entity_id: entity,
    timestamp,
    ...more,
    spend__amount: amount,
    spend__note: note,
    spend__event_timestamp: time,
  };
}

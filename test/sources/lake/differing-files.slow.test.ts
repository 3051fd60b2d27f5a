// Files of one reading that differ in schema.

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { feature } from '../worlds.ts';
import { askingFiles, calm, lakeFolder, openLake, writeParquet } from './lake-files.ts';

/** The result of a query over files, each written from a query, named `a.parquet`, `b.parquet` and so on. */
async function readParquet(selects: readonly string[], query: string) {
  const folder = await lakeFolder();
  for (const [index, select] of selects.entries())
    await writeParquet(join(folder, `${'abcdef'[index]}.parquet`), select);
  return readFiles(folder, { pattern: '*.parquet', format: 'parquet' }, query);
}

async function readFiles(folder: string, files: Partial<ViewFiles>, query: string) {
  await using source = openLake(folder);
  await using reading = await source.open?.(askingFiles(files, query, { features: [feature('v', 'float')] }), calm);
  const [rows, refused]: [(string | null)[][], string[]] = [[], []];
  for await (const batch of reading?.rows() ?? []) {
    for (let row = 0; row < batch.rows; row += 1) rows.push(batch.columns.map((column) => column[row] ?? null));
    refused.push(...(batch.refused ?? []).map(({ detail }) => detail));
  }
  return {
    types: reading?.columns.map(({ nativeType }) => nativeType),
    rows: rows.flat(),
    refused,
    notes: reading?.notes,
  };
}

async function readText(
  files: Readonly<Record<string, string | Uint8Array>>,
  query: string,
  table: Partial<ViewFiles> = {},
) {
  const format = Object.keys(files).some((name) => /csv/i.test(name)) ? 'csv' : 'json';
  return readFiles(await lakeFolder(files), { pattern: '*', format, ...table }, query);
}

const BIG = '9007199254740993'; // 2^53 + 1, which no double is

describe('Parquet files that differ', () => {
  test.each([
    ['1::tinyint', '300::smallint', 'SMALLINT', ['1', '300']],
    ['1::uinteger', '-1::integer', 'BIGINT', ['1', '-1']],
    ['18446744073709551615::ubigint', '-1::bigint', 'HUGEINT', ['18446744073709551615', '-1']],
    ['0.1::float', '0.1::double', 'DOUBLE', ['0.1', '0.1']],
    ['2147483647::integer', '0.5::float', 'DOUBLE', ['2147483647', '0.5']],
    ['1.50::decimal(4, 2)', '1.1234::decimal(8, 4)', 'DECIMAL(8,4)', ['1.5000', '1.1234']],
    ['7::bigint', '1.50::decimal(4, 2)', 'DECIMAL(21,2)', ['7.00', '1.50']],
    ['[1::integer]', '[9223372036854775807::bigint]', 'BIGINT[]', ['[1]', '[9223372036854775807]']],
    ['[0.1::float]', '[0.5::double]', 'DOUBLE[]', ['[0.1]', '[0.5]']],
    ['[[[[0.1::float]]]]', '[[[[0.5::double]]]]', 'DOUBLE[][][][]', ['[[[[0.1]]]]', '[[[[0.5]]]]']],
    [
      `map {'a': 1, 'b': null}`,
      `map {'a': 9223372036854775807}`,
      'MAP(VARCHAR, BIGINT)',
      ['{"a":1,"b":null}', '{"a":9223372036854775807}'],
    ],
    [
      `[map {'a, b': [0.1::float]}]`,
      `[map {'c': [0.5::double]}, null]`,
      'MAP(VARCHAR, DOUBLE[])[]',
      ['[{"a, b":[0.1]}]', '[{"c":[0.5]},null]'],
    ],
    [
      `map {'a': {x: 1}, 'b': null}`,
      `map {'c': {y: 'z', x: 2::bigint}}`,
      'MAP(VARCHAR, STRUCT("x" BIGINT, "y" VARCHAR))',
      ['{"a":{"x":1,"y":null},"b":null}', '{"c":{"x":2,"y":"z"}}'],
    ],
    [
      `timestamp_ns '2026-01-01 00:00:00.123456'`,
      `timestamp '2026-01-02'`,
      'TIMESTAMP',
      ['2026-01-01 00:00:00.123456', '2026-01-02 00:00:00'],
    ],
  ])('have the type that holds both: %s and %s', async (first, second, type, rows) => {
    const found = await readParquet([`select ${first} as v`, `select ${second} as v`], 'select v from files');
    expect(found).toEqual({ types: [type], rows, refused: [], notes: [] });
  });

  test.each([
    ['1', `'1'`],
    ['0.5::double', '0.5::decimal(4, 2)'],
    ['true', '1'],
    [`date '2026-01-01'`, `timestamp '2026-01-01'`],
    [`timestamptz '2026-01-01'`, `timestamp '2026-01-01'`],
    ['1::decimal(38, 0)', '0.1::decimal(38, 10)'],
    ['[1::bigint]', '[0.5::double]'],
    ['{a: 1}', `{a: 'x'}`],
    ['[1]', '1'],
    [`map {'a': 1}`, `map {1: 1}`],
  ])('are refused if values would be lost: %s and %s', async (first, second) => {
    const failure = await failureOf(
      readParquet([`select ${first} as v, 1 as n`, `select ${second} as v, 2 as n`], 'select v from files'),
    );
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_SHAPE',
      expect.stringMatching(
        /column "v" cannot be used: it is .* in a\.parquet and .* in b\.parquet, and no type can hold both exactly/,
      ),
    ]);
    expect(
      (await readParquet([`select ${first} as v, 1 as n`, `select ${second} as v, 2 as n`], 'select n from files'))
        .rows,
    ).toEqual(['1', '2']);
  });

  test.each([
    ['a text that is null in all rows, which pandas writes as floats', `'x'`, 'null::double', 'VARCHAR', ['x', null]],
    ['integers that are null in all rows', BIG, 'null::double', 'BIGINT', [BIG, null]],
    ['a file of no rows', `timestamptz '2026-01-31'`, `'x' as v where false`, 'TIMESTAMP WITH TIME ZONE', 1],
    ['an object that is null in all rows', '{a: 1}', 'null::varchar', 'STRUCT("a" INTEGER)', ['{"a":1}', null]],
    ['a column without a value in any file', 'null::double', 'null::varchar', 'NULL', [null, null]],
  ])('have the type of the files with values: %s', async (_, first, second, type, rows) => {
    const selects = [`select ${first} as v`, `select ${second}${second.includes(' as ') ? '' : ' as v'}`];
    for (const order of [selects, selects.toReversed()]) {
      const found = await readParquet(order, 'select v from files');
      expect({ ...found, rows: Array.isArray(rows) ? found.rows.toSorted() : found.rows.length }).toEqual({
        types: [type],
        rows: Array.isArray(rows) ? rows.toSorted() : rows,
        refused: [],
        notes: [],
      });
    }
  });

  test('refuse rows with an integer that is not exact as a float', async () => {
    const found = await readParquet(
      [`select unnest([1, ${BIG}]) as v`, 'select 0.5::double as v'],
      'select v from files',
    );
    expect(found.rows).toEqual(['1', '0.5']);
    expect(found.refused).toEqual([expect.stringContaining(`in a.parquet: v is "${BIG}"`)]);
  });

  test('refuse rows with digits below the microsecond if the query uses them', async () => {
    const select = `select unnest([timestamp_ns '2026-01-31 10:00:00', timestamp_ns '2026-01-31 10:00:00.123456789']) as t, 1 as v`;
    const used = await readParquet([select], 'select v from files where t >= {{start}}');
    expect([used.rows, used.refused]).toEqual([['1'], [expect.stringContaining('2026-01-31 10:00:00.123456789')]]);
    const unused = await readParquet([select], 'with f as (select * from files) select v from f');
    expect([unused.rows, unused.refused]).toEqual([['1', '1'], []]);
  });

  test('may miss a column that a star selects and the view does not use, without a note', async () => {
    const found = await readParquet(
      ['select 1 as v', `select 2 as v, 'x' as w`],
      'with f as (select * from files) select v from f',
    );
    expect(found).toEqual({ types: ['INTEGER'], rows: ['1', '2'], refused: [], notes: [] });
  });

  test('are refused if a star selects a column of the view that cannot be used', async () => {
    const failure = await failureOf(readParquet(['select 1 as v', `select 'x' as v`], 'select * from files'));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_SHAPE',
      expect.stringContaining('column "v" cannot be used'),
    ]);
  });

  test('are compared completely if a query uses all their columns', async () => {
    for (const query of [
      'select v from files natural join files g',
      'select files from files',
      'pivot files on v using sum(w)',
    ]) {
      const failure = await failureOf(readParquet(['select 1 as v, 1 as w', `select 2 as v, 'x' as w`], query));
      expect([failure.code, failure.message]).toEqual([
        'SOURCE_SHAPE',
        expect.stringContaining('column "w" cannot be used'),
      ]);
    }
  });

  test('may be empty if there are other files', async () => {
    const folder = await lakeFolder({ 'b.parquet': '' });
    await writeParquet(join(folder, 'a.parquet'), 'select 1 as v');
    const found = await readFiles(folder, { pattern: '*', format: 'parquet' }, 'select v from files');
    expect([found.rows, found.notes]).toEqual([['1'], ['b.parquet is empty']]);
  });
});

describe('CSV and JSON files that differ', () => {
  test('have null for a missing column, with a note', async () => {
    const found = await readText({ 'a.csv': 'id,v\n1,2\n', 'b.csv': 'v,w,id\n4,x,3\n' }, 'select id, v, w from files');
    expect([found.rows, found.notes]).toEqual([
      ['1', '2', null, '3', '4', 'x'],
      ['column w is null in rows of a.csv, which does not have it'],
    ]);
  });

  test('may have columns with an empty, invalid or duplicate name that the query does not use', async () => {
    const files = { 'a.csv': 'id,x,"a\nb",X,,v\n1,2,3,4,5,6\n', 'b.csv': 'id,v,x\n7,8,9\n' };
    expect((await readText(files, 'select id, v from files')).rows).toEqual(['1', '6', '7', '8']);
    const failure = await failureOf(readText(files, 'select x from files'));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_SHAPE',
      'View customer_orders: column "x" cannot be used: the header of a.csv has duplicate names (upper and lower case are not distinguished).',
    ]);
  });

  test('are read with the delimiter of a first line sep=, also together with other files', async () => {
    const files = {
      'a.csv': 'sep=;\r\nid;v\r\n1;"2;x"\r\n',
      'b.csv': '\ufeffsep=,\nid,v\n3,4\n',
      'c.csv': 'id,v\n5,6\n',
    };
    expect((await readText(files, 'select id, v from files')).rows).toEqual(['1', '2;x', '3', '4', '5', '6']);
    const broken = await failureOf(
      readText({ 'a.csv': 'sep=;\nid;v\n' }, 'select v from files', { csv: { delimiter: '|' } }),
    );
    expect(broken.message).toContain('its first line sets the delimiter ;, but the view sets |');
  });

  test('report the right line of a broken row below a first line sep=', async () => {
    const found = await readText({ 'a.csv': 'sep=;\nid;v\n1;2\n1;2;3\n' }, 'select id, v from files');
    expect([found.rows, found.refused]).toEqual([
      ['1', '2'],
      ['in a.csv, line 4 has 3 fields, but there are 2 columns'],
    ]);
  });

  test('are decompressed with an extension in upper or lower case', async () => {
    const files = { 'a.CSV.GZ': gzipSync('id,v\n1,2\n'), 'b.csv': 'id,v\n3,4\n', 'c.csv.gz': gzipSync('') };
    const found = await readText(files, 'select id, v from files');
    expect([found.rows, found.notes]).toEqual([['1', '2', '3', '4'], ['c.csv.gz is empty']]);
    expect((await readText({ 'a.JSON.GZ': gzipSync('{"v":5}') }, 'select v from files')).rows).toEqual(['5']);
  });

  test('match the columns of the query in any case', async () => {
    const files = { 'a.csv': 'V\n2\n', 'b.csv': 'v\n3\n' };
    await using source = openLake(await lakeFolder(files));
    const table = { pattern: '*', format: 'csv', types: { v: 'int' } } as const;
    const extraction = askingFiles(table, 'select v from files', { features: [feature('v', 'int')] });
    expect((await source.describe(extraction, calm)).map(({ name, type }) => [name, type])).toEqual([['v', 'int']]);
    expect(await allRows(source, extraction, calm)).toEqual([['2'], ['3']]);
    const json = await readText({ 'a.json': '{"V":1}\n{"V":2}\n' }, 'select v from files', { types: { v: 'int' } });
    expect([json.types, json.rows]).toEqual([['BIGINT'], ['1', '2']]);
  });

  test.each([
    ['{"v":1}{"v":2}', ['1', '2']],
    ['{"v":1} {"v":2}\n{"v":3}', ['1', '2', '3']],
    ['{\n  "v": 1\n}\n{\n  "v": "}{"\n}\n', ['1', '}{']],
    ['{"v":{"a":[1]}}{"v":"\\"{"}', ['{"a":[1]}', '"{']],
    ['\n{"v":1}\n{"v":2}\n', ['1', '2']],
  ])('may contain a sequence of objects: %j', async (content, rows) => {
    expect((await readText({ 'a.json': content }, 'select v from files')).rows).toEqual(rows);
  });

  test('report where a sequence of objects is broken', async () => {
    const between = await failureOf(readText({ 'a.json': '{"v":1}{"v":2},\n{"v":3}' }, 'select v from files'));
    expect(between.message).toContain('a.json is broken: line 1 has text between two objects');
    const open = await failureOf(readText({ 'a.json': '{"v":1}{"v":2}\n{"v":{' }, 'select v from files'));
    expect(open.message).toContain('a.json is broken: line 2 starts an object that is not closed');
  });
});

// csv and json: what a field is, and what becomes of one that does not fit its type.

import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ViewFiles } from '../../src/definition/view.ts';
import type { RefusedRow } from '../../src/rows/refusal.ts';
import { askingFiles, calm, lakeFolder, openLake } from './lake-files.ts';
import { failureOf, rowsOf } from './source-contract.ts';

type Read = { rows: (string | null)[][]; refused: RefusedRow[]; types: string[] };

/** Everything that a query reads of the files; the format is that of the first file's name. */
async function reading(
  files: Readonly<Record<string, string | Uint8Array>>,
  types: ViewFiles['types'] = {},
  query = 'select * from files',
  changes: Partial<ViewFiles> = {},
): Promise<Read> {
  const first = Object.keys(files)[0] ?? '';
  const format = first.includes('.csv') ? 'csv' : 'json';
  await using source = openLake(await lakeFolder(files));
  const extraction = askingFiles({ pattern: '*', format, types, ...changes }, query);
  const columns = await source.describe(extraction, calm);
  const read: Read = { rows: [], refused: [], types: columns.map(({ type }) => type) };
  for await (const batch of source.read({ ...extraction, columns }, calm)) {
    read.rows.push(...rowsOf(batch));
    read.refused.push(...(batch.refused ?? []));
  }
  return read;
}

describe('lake csv', () => {
  test('takes what is not named as text, and guesses nothing', async () => {
    expect(await reading({ 'a.csv': 'id,n,t\n007,1e3,2026-01-31\n' })).toEqual({
      rows: [['007', '1e3', '2026-01-31']],
      refused: [],
      types: ['text', 'text', 'text'],
    });
  });

  test('takes an empty field as null and "" as the empty text', async () => {
    expect((await reading({ 'a.csv': 'a,b,c\n,"",x\n"x""y","\n",\n' })).rows).toEqual([
      [null, '', 'x'],
      ['x"y', '\n', null],
    ]);
  });

  test('reads a byte order mark, either line end, compression, and files without rows', async () => {
    const files = {
      'a.csv': '\ufeffa,b\r\n1,2\r\n',
      'b.csv.gz': gzipSync('a,b\n3,4\n'),
      'c.csv.zst': zstdCompressSync('a,b\n5,6'),
      'd.csv': 'a,b\n',
      'e.csv': 'a,b',
    };
    expect((await reading(files)).rows).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
    ]);
  });

  test('takes columns by their names in each file, and only those that all files have', async () => {
    const files = { 'a.csv': 'a,b\n1,2\n', 'b.csv': 'b,c,a\n4,x,3\n', 'c.csv': 'a,b\n5,6\n' };
    expect((await reading(files)).rows).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
    ]);
    const failure = await failureOf(reading(files, {}, 'select c from files'));
    expect(failure.message).toMatch(/Referenced column "c" not found.*a\.csv does not have this column/);
  });

  test.each([
    ['float', 'float', ['1', '-0', '5e-324', '17850.0', 'NaN'], ['1', '-0', '5e-324', '17850', 'NaN']],
    ['int', 'int', ['-9223372036854775808', '+5', '007'], ['-9223372036854775808', '5', '7']],
    [
      'decimal',
      'decimal',
      ['1.50', '-0.000000001', '12345678901234567890123456789'],
      ['1.5', '-0.000000001', '12345678901234567890123456789'],
    ],
    ['bool', 'bool', ['TRUE', 'f', '1'], ['true', 'false', 'true']],
    ['json', 'json', ['"{""a"": [1]}"'], ['{"a": [1]}']],
    [
      'timestamp',
      'timestamptz',
      ['2026-01-31', '2026-01-31T10:00Z', '2026-01-31 10:00:00.000001+0530', '9999-12-31 23:59:59.999999'],
      [
        '2026-01-31 00:00:00+00',
        '2026-01-31 10:00:00+00',
        '2026-01-31 04:30:00.000001+00',
        '9999-12-31 23:59:59.999999+00',
      ],
    ],
    ['vector(2)', 'array', ['"[1, 2.5]"'], ['[1.0,2.5]']],
  ] as const)('reads %s', async (declared, type, fields, texts) => {
    const read = await reading({ 'a.csv': `v,x\n${fields.map((field) => `${field},x\n`).join('')}` }, { v: declared });
    expect(read).toEqual({ rows: texts.map((text) => [text, 'x']), refused: [], types: [type, 'text'] });
  });

  test.each([
    ['float', ['abc', '1e999', '1e-999', '0x10', ' 1', '1_000', '1,5']],
    ['int', ['1.5', '1e3', '9223372036854775808', '0x10', '1_0']],
    ['decimal', ['1.0000000001', '123456789012345678901234567890', 'NaN', '1e3']],
    ['bool', ['yes', '2']],
    ['json', ['{a}', "{'a': 1}"]],
    ['timestamp', ['2026-02-30', 'yesterday', '2026-01-31 10:00:00.0000001', '31.01.2026']],
    ['vector(2)', ['1;2', '[1,x]']],
  ] as const)('refuses rows whose %s does not fit, and shows them', async (declared, fields) => {
    const lines = fields.map((field) => `"${field}",x\n`).join('');
    const read = await reading({ 'a.csv': `v,x\n,null\n${lines}` }, { v: declared });
    expect(read.rows).toEqual([[null, 'null']]);
    expect(read.refused.map(({ reason, row }) => [reason, { ...row }])).toEqual(
      fields.map((v) => ['field_wrong_type', { v, x: 'x' }]),
    );
    expect(read.refused[0]?.detail).toContain(`in a.csv, v is ${JSON.stringify(fields[0])}, not `);
  });

  test('fails the file at its first bad field where the view says so', async () => {
    const files = { 'a.csv': 'v\n1\n', 'b.csv': 'v\n2\nabc\n' };
    const failure = await failureOf(reading(files, { v: 'int' }, undefined, { onBadField: 'fail' }));
    expect([failure.code, failure.message]).toEqual([
      'FILE_BROKEN',
      'View customer_orders: in b.csv, v is "abc", not a whole number of 64 bits.',
    ]);
  });

  test.each([
    ['ragged', 'a,b\n1,2\n3\n', 'x.csv is broken: line 3 has 1 fields where the header has 2'],
    ['unclosed quote', 'a,b\n1,"2\n', 'x.csv is broken: line 2 is not valid csv (unterminated quote)'],
    ['text after a quote', 'a,b\n1,"2"x\n', 'x.csv is broken: line 2 is not valid csv (unterminated quote)'],
    ['not UTF-8', Buffer.from([97, 10, 255, 10]), 'x.csv is broken: line 2 is not valid csv (invalid unicode)'],
    ['empty', '', 'x.csv is empty, without even a header.'],
    ['two columns of one name', 'a,A\n1,2\n', 'x.csv has the column "A" twice (in any case).'],
    ['a column without a name', 'a,,b\n1,2,3\n', 'x.csv has no name for column 2 in its header.'],
    ['an open header', 'a,"b\n1,2\n', 'x.csv has a header with a broken quote.'],
  ])('says FILE_BROKEN, file and line for a file with %s', async (_, content, sentence) => {
    const failure = await failureOf(reading({ 'x.csv': content }));
    expect([failure.code, failure.message]).toEqual(['FILE_BROKEN', expect.stringContaining(sentence)]);
  });

  const many = `a\n${Array.from({ length: 20_000 }, (_, index) => `${Math.sin(index)}\n`).join('')}`;
  const flipped = gzipSync(many);
  flipped[100_000] = (flipped[100_000] ?? 0) ^ 1;
  test.each([
    ['cut.csv.gz', gzipSync(many).subarray(0, 100_000)],
    ['end.csv.gz', gzipSync(many).subarray(0, -4)],
    ['flipped.csv.gz', flipped],
    ['cut.csv.zst', zstdCompressSync(many).subarray(0, 100_000)],
    ['frames.csv.zst', Buffer.concat([zstdCompressSync('a\n1\n'), zstdCompressSync(many).subarray(0, 100_000)])],
    ['garbage.csv.zst', Buffer.concat([zstdCompressSync('a\n1\n'), Buffer.from('garbage')])],
  ])('says FILE_BROKEN for %s, of which a part is lost', async (name, content) => {
    const failure = await failureOf(reading({ [name]: content }));
    expect([failure.code, failure.facts['file']]).toEqual(['FILE_BROKEN', name]);
  });

  test('reads compressed files of several parts', async () => {
    const files = {
      'a.csv.gz': Buffer.concat([gzipSync('a\n1\n'), gzipSync('2\n')]),
      'b.csv.zst': Buffer.concat([zstdCompressSync('a\n3\n'), zstdCompressSync('4\n')]),
    };
    expect((await reading(files)).rows).toEqual([['1'], ['2'], ['3'], ['4']]);
  });

  test('says SOURCE_SHAPE for a type of a column that is not there', async () => {
    const failure = await failureOf(reading({ 'a.csv': 'Quantity\n1\n' }, { quantity: 'int' }));
    expect([failure.code, failure.message]).toEqual(['SOURCE_SHAPE', expect.stringContaining('quantity')]);
  });

  test('says FILES_MISSING with the pattern, the folder and the interval', async () => {
    const failure = await failureOf(reading({ 'a.csv': 'a\n' }, {}, undefined, { pattern: '{yyyy}/{MM}-{dd}.csv' }));
    expect([failure.code, failure.message]).toEqual([
      'FILES_MISSING',
      expect.stringMatching(/no file for \[2026-01-31T00:00:00Z, .* matches \{yyyy\}\/\{MM\}-\{dd\}\.csv in \/.*/),
    ]);
  });
});

describe('lake json', () => {
  test('takes lines or a list, keys as columns, absent keys as null, and what is nested as text', async () => {
    const files = { 'a.json': '{"a": "x", "b": {"c": 1}}\n{"b": null}\n', 'b.json': '[{"a": "y"},\n {"a": 1.50}]' };
    expect((await reading(files, {}, 'select a, b from files')).rows).toEqual([
      ['x', '{"c":1}'],
      [null, null],
      ['y', null],
      ['1.5', null],
    ]);
  });

  test('keeps every digit of the numbers it has types for', async () => {
    const files = {
      'a.json':
        '{"i": 9007199254740993, "d": 12345678901234567.891, "f": -0}\n{"i": "9223372036854775807", "d": "0.10", "f": 1e3}\n',
    };
    expect((await reading(files, { i: 'int', d: 'decimal', f: 'float' })).rows).toEqual([
      ['9007199254740993', '12345678901234567.891', '-0'],
      ['9223372036854775807', '0.1', '1000'],
    ]);
  });

  test('knows a column from its type when no object has it', async () => {
    expect((await reading({ 'a.json': '{"a":1}\n', 'b.json': '' }, { coupon: 'int' })).rows).toEqual([[null, '1']]);
  });

  test.each([
    ['{"a":1}\n{"a":', /x\.json is broken.*line/],
    ['{"a":1}\n[1]\n', /x\.json holds something that is not an object/],
    ['{"a":1,"a":2}\n', /x\.json holds an object that has a key twice/],
  ])('says FILE_BROKEN for %j', async (content, sentence) => {
    const failure = await failureOf(reading({ 'x.json': content }));
    expect([failure.code, failure.message]).toEqual(['FILE_BROKEN', expect.stringMatching(sentence)]);
  });
});

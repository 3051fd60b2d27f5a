// csv: the values of fields, and fields of the wrong type.

import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { openSpool } from '../../../src/sources/storage/spool.ts';
import { failureOf } from '../source-contract.ts';
import { reading } from './field-reading.ts';
import { askingFiles, calm, lakeFolder, openLake } from './lake-files.ts';

describe('lake csv', () => {
  test('reads undeclared columns as text, and guesses nothing', async () => {
    expect(await reading({ 'a.csv': 'id,n,t\n007,1e3,2026-01-31\n' })).toEqual({
      rows: [['007', '1e3', '2026-01-31']],
      refused: [],
      types: ['text', 'text', 'text'],
    });
  });

  test('reads an empty field as null and "" as the empty text', async () => {
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

  test.each([
    ['csv', 'v\n', ''],
    ['json', '{"v":"', '"}'],
  ])('reads a %s file whose name looks like a pattern, and no other that matches it', async (format, before, after) => {
    const contents = Object.entries({ a1: '1', 'a[1]': '2', 'a?': '3', 'a*': '4' });
    const files = Object.fromEntries(
      contents.map(([name, v]) => [`${name}.${format}`, `${before}${v}${after}\n`] as const),
    );
    expect((await reading(files, {}, 'select v from files order by v')).rows).toEqual([['1'], ['2'], ['3'], ['4']]);
    const changes = { pattern: `a[[]1].${format}` };
    expect((await reading(files, {}, 'select v from files', changes)).rows).toEqual([['2']]);
    const zipped = {
      [`a1.${format}.gz`]: gzipSync(`${before}1${after}\n`),
      [`a[1].${format}.gz`]: gzipSync(`${before}2${after}\n`),
    };
    expect((await reading(zipped, {}, 'select v from files order by v')).rows).toEqual([['1'], ['2']]);
  });

  test('matches columns by name in each file, with null for a missing column', async () => {
    const files = { 'a.csv': 'a,b\n1,2\n', 'b.csv': 'b,c,a\n4,x,3\n', 'c.csv': 'a,b\n5,6\n' };
    expect((await reading(files)).rows).toEqual([
      ['1', '2', null],
      ['3', '4', 'x'],
      ['5', '6', null],
    ]);
    const failure = await failureOf(reading(files, {}, 'select d from files'));
    expect([failure.code, failure.message]).toEqual(['SOURCE_QUERY', expect.stringContaining('"d" not found')]);
  });

  test.each([
    ['float', 'float', ['1', '-0', '5e-324', '17850.0', 'NaN'], ['1', '-0', '5e-324', '17850', 'NaN']],
    ['int', 'int', ['-9223372036854775808', '+5', '007'], ['-9223372036854775808', '5', '7']],
    ['int', 'int', ['1.0', '1e3', '1.50E+2', '10e-1', '-0.0'], ['1', '1000', '150', '1', '0']],
    ['int', 'int', ['9223372036854775807.0', '9.223372036854775807e18'], Array(2).fill('9223372036854775807')],
    ['decimal', 'decimal', ['1e-05', '1E+2', '1e3', '1.5e-8'], ['0.00001', '100', '1000', '0.000000015']],
    ['decimal', 'decimal', ['100e-11', '0E-12', '1e28', '.5e0'], ['0.000000001', '0', `1${'0'.repeat(28)}`, '0.5']],
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
      [
        '2026-01-31T10:00z',
        '2026-01-31 10:00:00.5 UTC',
        '2026-01-31',
        '2026-01-31T10:00Z',
        '2026-01-31 10:00:00.000001+0530',
        '9999-12-31 23:59:59.999999',
      ],
      [
        '2026-01-31 10:00:00+00',
        '2026-01-31 10:00:00.500000+00',
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
    ['int', ['1.5', '1.55e1', '15e-1', '1e-400', '1e99999', '9223372036854775808', '0x10', '1_0']],
    ['decimal', ['1.0000000001', '123456789012345678901234567890', 'NaN', '1e-12', '15e-10', '1e29', '1e-99999']],
    ['bool', ['yes', '2']],
    ['json', ['{a}', "{'a': 1}"]],
    [
      'timestamp',
      [
        ...['2026-02-30', 'yesterday', '2026-01-31 10:00:00.0000001', '31.01.2026'],
        ...['+99:99', '-99', '+23:59', '+05:99', '+15:60', '+16:00'].map((offset) => `2026-01-31T10:00:00${offset}`),
        ...['2026-01-31T24:00:00Z', '2026-01-31T10:60Z', '2026-01-31T10:00:60Z'],
      ],
    ],
    ['vector(2)', ['1;2', '[1,x]', '[""1""]', '[true]', '[[1]]', '[null]', '[1e999]', '[NaN]', '1']],
  ] as const)('refuses rows with an invalid %s, and shows them', async (declared, fields) => {
    const lines = fields.map((field) => `"${field}",x\n`).join('');
    const read = await reading({ 'a.csv': `v,x\n,null\n${lines}` }, { v: declared });
    expect(read.rows).toEqual([[null, 'null']]);
    expect(read.refused.map(({ reason, row }) => [reason, { ...row }])).toEqual(
      fields.map((v) => ['field_wrong_type', { v: v.replaceAll('""', '"'), x: 'x' }]),
    );
    expect(read.refused[0]?.detail).toContain(`in a.csv, line 3: v is ${JSON.stringify(fields[0])}, not `);
  });

  test('fails the file at its first bad field with on_bad_field: fail', async () => {
    const files = { 'a.csv': 'v\n1\n', 'b.csv': 'v\n2\nabc\n' };
    const failure = await failureOf(reading(files, { v: 'int' }, undefined, { onBadField: 'fail' }));
    expect([failure.code, failure.message]).toEqual([
      'FILE_BROKEN',
      'View customer_orders: in b.csv, line 3: v is "abc", not a 64-bit integer.',
    ]);
  });

  test.each([
    ['too few fields', 'a,b\n1,2\n3\n4,5\n', '3', 'has 1 fields, but there are 2 columns'],
    ['too many fields', 'a,b\n1,2\n3,x,y\n4,5\n', '3,x,y', 'has 3 fields, but there are 2 columns'],
    ['text after a closing quote', 'a,b\n1,2\n3,"x"y\n4,5\n', '3,"x"y', 'has text after a closing quote'],
    ['text before a quote', 'a,b\n1,2\n"3", "x"\n4,5\n', '"3", "x"', 'has a quote inside an unquoted field'],
    [
      'a lone carriage return',
      'a,b\n1,2\n3,x\ry\n4,5\n',
      '3,x\ry',
      'has a carriage return that is not part of a line break',
    ],
    [
      'half a carriage return',
      'a,b\r\n1,2\r\n3,x\r\r\n4,5\r\n',
      '3,x\r',
      'has a carriage return that is not part of a line break',
    ],
    [
      'a byte that is no UTF-8',
      Buffer.from('a,b\n1,2\n3,\xff\n4,5\n', 'latin1'),
      '3,\ufffd',
      'is not UTF-8; set `encoding` in the view',
    ],
  ])('refuses only the row with %s', async (_, content, line, problem) => {
    const { rows, refused } = await reading({ 'x.csv': content });
    expect(rows).toEqual([
      ['1', '2'],
      ['4', '5'],
    ]);
    expect(refused.map(({ row, ...rest }) => ({ ...rest, row: { ...row } }))).toEqual([
      { reason: 'row_broken', field: null, detail: `in x.csv, line 3 ${problem}`, row: { line } },
    ]);
  });

  test('counts all broken rows, and hides them if the view is redacted', async () => {
    const content = `a,b\n${'1\n'.repeat(2_500)}1,2\n`;
    const { rows, refused } = await reading({ 'x.csv': content }, {}, undefined, {}, { redacted: true });
    expect([rows, refused.length]).toEqual([[['1', '2']], 2_500]);
    expect({ ...refused[0]?.row }).toEqual({ line: '[redacted]' });
  });

  test('fails the file at its first broken row with on_bad_field: fail', async () => {
    const failure = await failureOf(reading({ 'x.csv': 'a,b\n1\n' }, {}, undefined, { onBadField: 'fail' }));
    expect([failure.code, failure.message]).toEqual([
      'FILE_BROKEN',
      'View customer_orders: in x.csv, line 2 has 1 fields, but there are 2 columns.',
    ]);
  });

  test.each([
    ['an unclosed quote', 'a,b\n1,"2\n', 'x.csv is broken: line 2 starts a row with an unclosed quote.'],
    [
      'a lost quote',
      'a,b\n1,"x\n2,"y"\n',
      'x.csv is broken: line 2 has text after a closing quote, so the start of the next row is ambiguous.',
    ],
    [
      'an inch',
      'a,b\n1,5" pipe\n',
      'x.csv is broken: line 2 has a quote inside an unquoted field, so the start of the next row is ambiguous.',
    ],
    ['nothing', '', 'x.csv is broken: it is empty and has no header.'],
    ['gzip inside', gzipSync('a\n1\n'), 'x.csv is broken: it is compressed with gzip; its name must end with .gz.'],
    [
      'zstd inside',
      zstdCompressSync('a\n1\n'),
      'x.csv is broken: it is compressed with zstd; its name must end with .zst.',
    ],
    [
      'UTF-16',
      Buffer.from('\ufeffa\n1\n', 'utf16le'),
      'x.csv is broken: it is UTF-16; set `encoding: utf-16` in the view.',
    ],
    ['an open header', 'a,"b\n1,2\n', 'x.csv is broken: line 1 starts a row with an unclosed quote.'],
    [
      'a row without end',
      `a,b\n1,"${'x'.repeat(1_100_000)}`,
      'x.csv is broken: line 2 starts a row of more than 1 MiB.',
    ],
  ])('fails with FILE_BROKEN, file and line for a file with %s', async (_, content, sentence) => {
    const failure = await failureOf(reading({ 'x.csv': content }));
    expect([failure.code, failure.message]).toEqual(['FILE_BROKEN', sentence]);
  });

  test('lists the columns of the files if the query names another one', async () => {
    const files = { 'a.csv': 'id,Quantity\n1,2\n' };
    const failure = await failureOf(reading(files, {}, 'select Qty from files'));
    expect(failure.message).toContain('; files has the columns id, Quantity.');
    const many = { 'a.csv': `${Array.from({ length: 300 }, (_, at) => `column_${at}`).join(',')}\n` };
    const long = await failureOf(reading(many, {}, 'select Qty from files'));
    expect(long.message).toMatch(/; files has the columns column_0, .* and 28\d more\.$/);
  });

  test('suggests the delimiter of a file that seems to have one column', async () => {
    const failure = await failureOf(reading({ 'a.csv': 'id;v\n1;2\n' }, {}, 'select v from files'));
    expect(failure.message).toContain('; files has only the column "id;v": set `delimiter: ";"` in the view.');
  });

  test('names the line of each row with a field of the wrong type, also below line breaks in quotes', async () => {
    const files = {
      'a.csv': 'id,v,t\n1,2,"x\ny"\n\n2,abc,\n3,4,5,6\n4,abc,z\n',
      'b.csv': 't,v,id\nx,1.5,1\n',
    };
    const read = await reading(files, { v: 'int' }, 'select id from files');
    expect(read.refused.map(({ detail }) => detail)).toEqual([
      'in a.csv, line 6 has 4 fields, but there are 3 columns',
      'in a.csv, line 5: v is "abc", not a 64-bit integer',
      'in a.csv, line 7: v is "abc", not a 64-bit integer',
      'in b.csv, line 2: v is "1.5", not a 64-bit integer',
    ]);
  });

  test('reads line ends of both kinds in one file, empty lines, quotes, and spaces as they are', async () => {
    const files = { 'x.csv': 'a,b\r\n 1 ,"x\r\ny"\n\n2,"say ""no"""\r\n3,#\n' };
    expect((await reading(files)).rows).toEqual([
      [' 1 ', 'x\r\ny'],
      ['2', 'say "no"'],
      ['3', '#'],
    ]);
  });

  test.each<[string, string, ViewFiles['csv'], (string | null)[][]]>([
    [
      'no header',
      '1,x\n2,\n',
      { header: ['a', 'b'] },
      [
        ['1', 'x'],
        ['2', null],
      ],
    ],
    ['another delimiter', 'a;b\n1;"x;y"\n', { delimiter: ';' }, [['1', 'x;y']]],
    ['tabs', 'a\tb\n1\tx,y\n', { delimiter: '\t' }, [['1', 'x,y']]],
    [
      'a text for null',
      'a,b\n\\N,"\\N"\n,""\n',
      { nullText: '\\N' },
      [
        [null, '\\N'],
        ['', ''],
      ],
    ],
    ['single quotes', `a,b\n'1,2','it''s "'\n`, { quote: "'" }, [['1,2', `it's "`]]],
    ['no quotes', 'a,b\n5" pipe,"x\n', { quote: null }, [['5" pipe', '"x']]],
    [
      'all of these',
      `1|x\n-|'|'\n`,
      { header: ['a', 'b'], delimiter: '|', quote: "'", nullText: '-' },
      [
        ['1', 'x'],
        [null, '|'],
      ],
    ],
  ])('reads files with %s', async (_, content, csv, rows) => {
    expect((await reading({ 'x.csv': content }, {}, undefined, { csv: csv ?? {} })).rows).toEqual(rows);
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
  ])('fails with FILE_BROKEN for the truncated file %s', async (name, content) => {
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

  test('treats names that differ only in case between files as one column', async () => {
    const files = { 'DT=1/a.csv': 'Id,n\n1,2\n', 'dt=2/b.csv': 'N,id\n4,3\n' };
    expect((await reading(files)).rows).toEqual([
      ['1', '2', '1'],
      ['3', '4', '2'],
    ]);
  });

  test('releases space of the spool, and fails if a copy does not fit', async () => {
    const rows = `${'x'.repeat(1_000)}\n`.repeat(3_000);
    const folder = await lakeFolder({ 'a.csv.gz': gzipSync(`a\n${rows}"x"x\n`) });
    const limitBytes = 1_048_576;
    const spool = openSpool({ folder: await lakeFolder(), limitBytes, clock: systemClock });
    await using source = openLake(folder, { spool });
    const extraction = askingFiles({ pattern: '*', format: 'csv' }, 'select * from files');
    const failure = await failureOf(source.describe(extraction, calm).then(() => source.open?.(extraction, calm)));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_SHAPE',
      expect.stringMatching(
        /^This run's files total 2 MB, but the spool in .* has room for only 1 MB\. Raise spool\.limit_mb/,
      ),
    ]);
    await using whole = await spool.reserve(limitBytes - 1_000, calm);
    whole.take(1_000);
    expect(() => whole.take(1)).toThrow('has room for only 1 MB');
    const meanwhile = await failureOf(Promise.resolve(source.open?.(extraction, calm)));
    expect([meanwhile.code, meanwhile.message]).toEqual([
      'SOURCE_UNAVAILABLE',
      expect.stringMatching(/^The spool in .* is limited to 1 MB, and files of other runs use the space/),
    ]);
  });

  test('fails with SOURCE_SHAPE for a type of a column that does not exist', async () => {
    const failure = await failureOf(reading({ 'a.csv': 'Quantity\n1\n' }, { amount: 'int' }));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_SHAPE',
      expect.stringContaining('declares types for amount, but'),
    ]);
    const semicolons = await failureOf(reading({ 'a.csv': 'Quantity;amount\n1;2\n' }, { amount: 'int' }));
    expect(semicolons.message).toContain(
      'they have only the column "Quantity;amount": set `delimiter: ";"` in the view.',
    );
  });

  test('fails with FILES_MISSING, with the pattern, the folder and the interval', async () => {
    const failure = await failureOf(reading({ 'a.csv': 'a\n' }, {}, undefined, { pattern: '{yyyy}/{MM}-{dd}.csv' }));
    expect([failure.code, failure.message]).toEqual([
      'FILES_MISSING',
      expect.stringMatching(/no file for \[2026-01-31T00:00:00Z, .* matches \{yyyy\}\/\{MM\}-\{dd\}\.csv in \/.*/),
    ]);
  });
});

// json: the values of keys, and values of the wrong type.

import { describe, expect, test } from 'vitest';
import { failureOf } from '../source-contract.ts';

import { reading } from './field-reading.ts';

describe('lake json', () => {
  test('names the line of each row with a field of the wrong type', async () => {
    const files = {
      'a.ndjson': '{"v":1,"o":{"a":1}}\n{"v":1.5,"o":{"a": 2}}\n\n{"o":{},"v":"abc"}\n{"v":true,"d":"x"}\n',
    };
    const read = await reading(files, { v: 'int', d: 'json' }, 'select v from files');
    expect(read.refused.map(({ detail }) => detail)).toEqual([
      'in a.ndjson, line 2: v is "1.5", not a 64-bit integer',
      'in a.ndjson, line 4: v is "abc", not a 64-bit integer',
      'in a.ndjson, line 5: v is "true", not a 64-bit integer',
    ]);
  });

  test('reads lines or a list, keys as columns, missing keys as null, and nested values as text', async () => {
    const files = { 'a.json': '{"a": "x", "b": {"c": 1}}\n{"b": null}\n', 'b.json': '[{"a": "y"},\n {"a": 1.50}]' };
    expect((await reading(files, {}, 'select a, b from files')).rows).toEqual([
      ['x', '{"c":1}'],
      [null, null],
      ['y', null],
      ['1.50', null],
    ]);
  });

  test('keeps every digit of numbers with a declared type', async () => {
    const files = {
      'a.json':
        '{"i": 9007199254740993, "d": 12345678901234567.891, "f": -0}\n{"i": "9223372036854775807", "d": "0.10", "f": 1e3}\n',
    };
    expect((await reading(files, { i: 'int', d: 'decimal', f: 'float' })).rows).toEqual([
      ['9007199254740993', '12345678901234567.891', '-0'],
      ['9223372036854775807', '0.1', '1000'],
    ]);
  });

  test('has a column that is declared although no object has it', async () => {
    expect((await reading({ 'a.json': '{"a":1}\n', 'b.json': '' }, { coupon: 'int' })).rows).toEqual([[null, '1']]);
  });

  test.each([
    ['{"a":', 'is not valid JSON'],
    ['{"a":2,}', 'is not valid JSON'],
    ['{"a":NaN}', 'is not valid JSON'],
    ['{"a":2} {"a":3}', 'is not valid JSON'],
    ['{"a":"x\ty"}', 'is not valid JSON'],
    ['[2]', 'is not an object; expected one object per row'],
    ['null', 'is not an object; expected one object per row'],
    ['{"a":2,"a":2}', 'has a duplicate key'],
    ['{"a":{"x":1,"x":2}}', 'contains an object with a duplicate key'],
    ['{"a":[0,{"b":{"x:y":1,"x\\u003ay":":"}}]}', 'contains an object with a duplicate key'],
    ['{"a":"\\udc00"}', 'contains an unpaired surrogate'],
    [`{"a":${'['.repeat(1_001)}${']'.repeat(1_001)}}`, 'is nested more than 1000 levels'],
  ])('refuses only %.30s', async (line, problem) => {
    const { rows, refused } = await reading({ 'x.json': `{"a":1}\n${line}\n{"a":3}\n` });
    expect(rows).toEqual([['1'], ['3']]);
    expect(refused.map(({ reason, detail }) => [reason, detail])).toEqual([
      ['row_broken', `in x.json, line 2 ${problem}`],
    ]);
  });

  test('refuses elements of a list that are not objects', async () => {
    const { rows, refused } = await reading({ 'x.json': '[{"a": "],"},\n 2,\n {"a":\n "y"}]\n' });
    expect([rows, refused.map(({ detail }) => detail)]).toEqual([
      [['],'], ['y']],
      ['in x.json, line 2 is not an object; expected one object per row'],
    ]);
  });

  test.each([
    ['[{"a":1},', 'x.json is broken: its list is not closed.'],
    ['[{"a":1}]]', 'x.json is broken: line 1 continues after the end of the list.'],
    ['[{"a":1},]', 'x.json is broken: line 1 has a comma without an object.'],
    ['[{"a":[1}]]', 'x.json is broken: line 1 closes a bracket that is not open.'],
    [
      `{"a":"${'x'.repeat(1_100_000)}"}`,
      'x.json is broken: line 1 starts an object of more than 1 MiB; if it contains a list of rows, set `records` in the view.',
    ],
  ])('fails with FILE_BROKEN for %.20s', async (content, sentence) => {
    const failure = await failureOf(reading({ 'x.json': content }));
    expect([failure.code, failure.message]).toEqual(['FILE_BROKEN', sentence]);
  });

  test.each([
    ['one per line', '', '\n', ''],
    ['a list', '[', ',', ']'],
  ])('reads objects of 1 MiB, %s', async (_, start, between, end) => {
    const length = 1_048_576 - '{"a":""}'.length;
    const content =
      start +
      Array(5)
        .fill(`{"a":"${'x'.repeat(length)}"}`)
        .join(between) +
      end;
    const { rows } = await reading({ 'x.json': content }, {}, 'select length(a) as length from files');
    expect(rows).toEqual(Array(5).fill([`${length}`]));
  });

  test('keeps all digits, also for duplicate, escaped and nested keys', async () => {
    const lines = [
      '{"o": {"d": 1.00000000000000001}, "d": 1.0}',
      '{"\\u0064": 12345678901234567.12345}',
      '{"s": "\\"d\\": 5", "d": 0.12345678901234567}',
      '{"d": 2.5, "o": {"x": 123456789012345678901234567890.125, "y": [1.50]}}',
      '{"d": 2.5, "o": [1e-400, 1.2345E-320]}',
    ];
    const types = { d: 'decimal(38,17)', o: 'json' } as const;
    const { rows } = await reading({ 'x.json': lines.join('\n') }, types, 'select d, o from files');
    expect(rows.map(([d]) => d)).toEqual(['1', '12345678901234567.12345', '0.12345678901234567', '2.5', '2.5']);
    expect(rows[4]?.[1]).toBe('[1e-400, 1.2345E-320]');
    expect(rows[3]?.[1]).toBe('{"x": 123456789012345678901234567890.125, "y": [1.50]}');
  });

  test.each([
    ['{"id":7.5}', '7.5'],
    ['{"meta":{"id":42.0},"id":"42"}', '42'],
    ['{"line":{"id":1.0},"id":1}', '1'],
    ['{"line":{"id":-1.0},"id":-1}', '-1'],
    ['{"line":{"id":12345678901234567890123.0},"id":12345678901234567890123}', '12345678901234567890123'],
    ['{"s":"\\"id\\":1.0","id":"1"}', '1'],
    ['{"line":{"id":1.50},"id":1.5}', '1.5'],
    ['{"id":-0}', '-0'],
    ['{"line":[{"id":1.0}],"id":true}', 'true'],
    ['{"line":{"id":2.0}}', null],
    ['{"x\\"id":1.5,"id":2.5}', '2.5'],
    ['{"x\\\\\\"id":1.5,"\\u0069d":2.5}', '2.5'],
    ['{"x,":"{","s":",\\"id\\":1.5", "id" : 2.5}', '2.5'],
  ])('takes no digits for %s from another key of the same name', async (line, id) => {
    const files = { 'a.json': `{"id":7.5}\n${line}\n`, 'b.json': `${line}\n` };
    const { rows } = await reading(files, {}, 'select id from files');
    expect(rows).toEqual([['7.5'], [id], [id]]);
  });

  test('keeps a string of a json column a string', async () => {
    const texts = ['"5"', '"true"', '"s"', '"\\"q\\""', '{"a": ["5"]}', '5', '1.50', 'true'];
    const { rows, refused } = await reading(
      { 'a.json': `${texts.map((text) => `{"a":${text}}\n`).join('')}{"a":null}\n` },
      { a: 'json' },
    );
    expect([rows, refused]).toEqual([[...texts.map((text) => [text.replace('{"a": ', '{"a":')]), [null]], []]);
  });

  test.each([
    ['id,n\n1,2\n', 'no line in it is JSON; a CSV file needs `format: csv` in the view'],
    ['{\n  "a": 1,\n  "b": {},\n}\n', 'its first object spans several lines and is not valid JSON'],
  ])('suggests the format of a file that is not JSON: %j', async (content, problem) => {
    const failure = await failureOf(reading({ 'x.json': content }, { a: 'int' }));
    expect([failure.code, failure.message]).toEqual(['FILE_BROKEN', `x.json is broken: ${problem}.`]);
  });

  test('leaves out keys that cannot be columns, and explains why if the query names one', async () => {
    const files = { 'a.json': '{"n":1,"*a":2,"":3,"id":4}\n', 'b.json': '{"n":5,"Id":6}\n' };
    expect((await reading(files)).rows).toEqual([['1'], ['5']]);
    const failures = [];
    for (const column of ['id', 'files.ID', '"*a"'])
      failures.push(
        (await failureOf(reading(files, {}, `select ${column} from files`, {}, { redacted: true }))).message,
      );
    expect(failures).toEqual([
      expect.stringContaining('a.json has the keys "id" and "Id", which SQL does not distinguish; rename one of them'),
      expect.stringContaining('a.json has the keys "id" and "Id", which SQL does not distinguish; rename one of them'),
      expect.stringContaining('it is a key of a.json that cannot be used as a column name; rename it'),
    ]);
  });

  test('shows no path of a file if no object has a key', async () => {
    expect((await reading({ 'a.json': '{}\n[1]\n' })).rows).toEqual([[null]]);
    expect((await reading({ 'a.json': '{}\n{}\n' }, {}, 'select count(*) as n from files')).rows).toEqual([['2']]);
  });

  test('reads any key as a column', async () => {
    const keys = ['a.b', '$x', '/y', '/y"', '[0]', 'a"b', 'a\\b', "it's", 'é', 'a b', '#'];
    const object = Object.fromEntries(keys.map((key, index) => [key, String(index)]));
    const columns = keys.map((key) => `"${key.replaceAll('"', '""')}"`).join(', ');
    const { rows } = await reading({ 'x.json': JSON.stringify(object) }, {}, `select ${columns} from files`);
    expect(rows).toEqual([keys.map((_, index) => String(index))]);
  });
});

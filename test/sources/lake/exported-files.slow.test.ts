// Text files as other programs export them: encodings, lines around the rows, marks in numbers, archives, objects around lists.

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FeatureView, ViewFiles } from '../../../src/definition/view.ts';
import type { RefusedRow } from '../../../src/rows/refusal.ts';
import { bunzipped } from '../../../src/sources/formats/compressed/bzip2.ts';
import { zipArchive } from '../../../src/view-tests/zip-archive.ts';
import { slowTest } from '../../support/sample.ts';
import { failureOf, rowsOf } from '../source-contract.ts';
import { askingFiles, calm, lakeFolder, openLake } from './lake-files.ts';

type Read = { rows: (string | null)[][]; refused: RefusedRow[] };
type Files = Readonly<Record<string, string | Uint8Array>>;

async function reading(
  files: Files,
  changes: Partial<ViewFiles> = {},
  query = 'select * from files',
  view: Partial<FeatureView> = {},
): Promise<Read> {
  const format = Object.keys(files)[0]?.includes('.csv') === true ? 'csv' : 'json';
  await using source = openLake(await lakeFolder(files), { decompressionRatioMax: 50 });
  const extraction = askingFiles({ pattern: '**/*', format, ...changes }, query, view);
  const columns = await source.describe(extraction, calm);
  const read: Read = { rows: [], refused: [] };
  for await (const batch of source.read({ ...extraction, columns }, calm)) {
    read.rows.push(...rowsOf(batch));
    read.refused.push(...(batch.refused ?? []));
  }
  return read;
}

async function messageOf(files: Files, changes: Partial<ViewFiles> = {}): Promise<string> {
  const failure = await failureOf(reading(files, changes));
  return `${failure.code}: ${failure.message}`;
}

function utf16(text: string, order: 'little' | 'big' = 'little'): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return order === 'little' ? bytes : bytes.swap16();
}

describe('encodings', () => {
  // Longer than a chunk, with characters of two and four bytes at every offset.
  const long = Array.from({ length: 60_000 }, (_, index) => `${'x'.repeat(index % 5)}ż😀`);

  test.each<[string, ViewFiles['encoding'], Buffer]>([
    ['utf-16 with a byte order mark', 'utf-16', utf16(`\ufeffa\n${long.join('\n')}\n`)],
    ['utf-16, the other byte order', 'utf-16', utf16(`\ufeffa\r\n${long.join('\r\n')}`, 'big')],
    ['utf-16 without a byte order mark', 'utf-16', utf16(`a\n${long.join('\n')}\n`)],
    ['utf-16 without a byte order mark, the other byte order', 'utf-16', utf16(`a\n${long.join('\n')}\n`, 'big')],
  ])('are read across chunks: %s', async (_, encoding, content) => {
    const { rows } = await reading({ 'x.csv': content }, { ...(encoding === undefined ? {} : { encoding }) });
    expect(rows.map(([text]) => text)).toEqual(long);
  });

  test('of one byte are read', async () => {
    const all = Buffer.from([0x80, 0x85, 0x8a, 0x93, 0x99, 0x9f, 0xa0, 0xe4, 0xff]);
    const content = Buffer.concat([Buffer.from('a\n'), all]);
    expect((await reading({ 'x.csv': content }, { encoding: 'windows-1252' })).rows).toEqual([['€…Š“™Ÿ\u00a0äÿ']]);
    const latin = Buffer.concat([Buffer.from('a\n'), all.subarray(6)]);
    expect((await reading({ 'x.csv': latin }, { encoding: 'latin-1' })).rows).toEqual([['\u00a0äÿ']]);
  });

  test('are read in json files, too', async () => {
    const files = { 'x.json': Buffer.from('[{"ort":"K\xf6ln"}]', 'latin1') };
    expect((await reading(files, { encoding: 'latin-1' })).rows).toEqual([['Köln']]);
    const lines = { 'x.json': utf16('\ufeff{"a":"ż"}\n{"a":"😀"}\n') };
    expect((await reading(lines, { encoding: 'utf-16' })).rows).toEqual([['ż'], ['😀']]);
  });

  test.each<[string, ViewFiles['encoding'] | undefined, Buffer, string]>([
    [
      '€ in latin-1',
      'latin-1',
      Buffer.from('a\n\x80\n', 'latin1'),
      'byte 2 (0x80) is not latin-1; the file may be windows-1252.',
    ],
    ['an unused byte', 'windows-1252', Buffer.from('a\nxy\x81', 'latin1'), 'byte 4 (0x81) is not windows-1252.'],
    [
      'half a pair',
      'utf-16',
      utf16('\ufeffa\n\ud800x\n'),
      'byte 6 starts an unpaired surrogate, which is not valid UTF-16.',
    ],
    [
      'half a pair at the end',
      'utf-16',
      utf16('\ufeffa\n\ud800'),
      'byte 6 starts an unpaired surrogate, which is not valid UTF-16.',
    ],
    [
      'an odd byte',
      'utf-16',
      Buffer.concat([utf16('\ufeffa\n1'), Buffer.from('2')]),
      'it ends in the middle of a UTF-16 character.',
    ],
    [
      'UTF-8 instead of utf-16',
      'utf-16',
      Buffer.from('abc\n1\n'),
      'it is not UTF-16: it has no byte order mark; correct `encoding` in the view.',
    ],
    [
      'a UTF-8 mark in latin-1',
      'latin-1',
      Buffer.from('\ufeffa\n1\n'),
      'it is UTF-8; remove `encoding: latin-1` in the view.',
    ],
    ['UTF-16 in latin-1', 'latin-1', utf16('\ufeffa\n1\n'), 'it is UTF-16; set `encoding: utf-16` in the view.'],
    ['UTF-16 without a mark', undefined, utf16('ab\n1\n'), 'it is UTF-16; set `encoding: utf-16` in the view.'],
    [
      'a header in latin-1',
      undefined,
      Buffer.from('k\xf6ln\n1\n', 'latin1'),
      'its header is not UTF-8; set `encoding` in the view.',
    ],
  ])('fail with FILE_BROKEN, and the offset of the byte, for %s', async (_, encoding, content, sentence) => {
    const changes = encoding === undefined ? {} : { encoding };
    expect(await messageOf({ 'x.csv': content }, changes)).toBe(`FILE_BROKEN: x.csv is broken: ${sentence}`);
  });
});

describe('lines around the rows', () => {
  test.each<[string, string, ViewFiles['csv'], string[][]]>([
    ['a line sep= among the skipped ones', 'sep=;\ntitle\na;b\n1;x\n', { skipLines: 2 }, [['1', 'x']]],
    ['a footer with a quote, and empty lines', 'a,b\n1,x\n"Total, 1\n\r\n\n', { footerLines: 1 }, [['1', 'x']]],
    ['a footer of two lines without a line break', 'a,b\n1,x\nTotal\n5', { footerLines: 2 }, [['1', 'x']]],
    ['a byte order mark before the title', '\ufefftitle\r\na,b\r\n1,x\r\n', { skipLines: 1 }, [['1', 'x']]],
    ['only a header and a footer', 'a,b\nTotal\n', { footerLines: 1 }, []],
    ['a title before rows without a header', 'title\n1,x\n', { skipLines: 1, header: ['a', 'b'] }, [['1', 'x']]],
  ])('are left out: %s', async (_, content, csv, rows) => {
    expect((await reading({ 'x.csv': content }, { csv: csv ?? {} })).rows).toEqual(rows);
  });

  test('are left out of a file that is longer than a chunk', async () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => `${index}`);
    const csv = { skipLines: 2, footerLines: 3 };
    const content = `${'t'.repeat(300_000)}\n\na\n${rows.join('\n')}\nx\ny\nz\n`;
    expect((await reading({ 'x.csv': content }, { csv })).rows.map(([text]) => text)).toEqual(rows);
  });

  test('count for the lines of refused rows', async () => {
    const content = 'title\n\nid,v\n1,x\n2,3\nTotal,4\n';
    const changes: Partial<ViewFiles> = { types: { v: 'int' }, csv: { skipLines: 2, footerLines: 1 } };
    const { refused } = await reading({ 'x.csv': content }, changes);
    expect(refused.map(({ detail }) => detail)).toEqual(['in x.csv, line 4: v is "x", not a 64-bit integer']);
  });

  test.each<[ViewFiles['csv'], string]>([
    [{ skipLines: 3 }, 'it has fewer lines than `skip_lines: 3` in the view'],
    [{ footerLines: 3 }, 'it has fewer lines than `footer_lines: 3` in the view'],
  ])('fail with FILE_BROKEN if the file has fewer: %j', async (csv, problem) => {
    expect(await messageOf({ 'x.csv': 'a\n1\n' }, { csv: csv ?? {} })).toBe(
      `FILE_BROKEN: x.csv is broken: ${problem}.`,
    );
  });

  test('are not shown if the view is redacted', async () => {
    const failure = await failureOf(
      reading({ 'x.csv': 'secret\nid,v\n1,2\n' }, {}, 'select v from files', { redacted: true }),
    );
    expect(failure.message).toContain('set `skip_lines: 1` in the view if line 2 is the header');
    expect(failure.message).not.toContain('secret,');
    expect(failure.message).not.toContain('first lines');
  });
});

describe('marks in numbers', () => {
  const SPACES = ['1 234,5', '1\u00a0234,5', '1\u202f234 567,25'];
  test.each<[ViewFiles['csv'], string, string[], (string | null)[]]>([
    [
      { decimalMark: ',', thousands: '.' },
      'decimal',
      ['1.234,50', '-0,05', '1234,5', '12', '1.234.567'],
      ['1234.5', '-0.05', '1234.5', '12', '1234567'],
    ],
    [{ decimalMark: ',' }, 'float', ['0,5', '+1,5e3', ',5', 'NaN', '7'], ['0.5', '1500', '0.5', 'NaN', '7']],
    [{ decimalMark: ',', thousands: ' ' }, 'decimal', SPACES, ['1234.5', '1234.5', '1234567.25']],
    [
      { thousands: "'", quote: null },
      'int',
      ["1'234", "9'223'372'036'854'775'807", '5.0'],
      ['1234', '9223372036854775807', '5'],
    ],
    [{ thousands: ',' }, 'decimal(10,2)', ['"1,234.50"', '""'], ['1234.5']],
  ])('are read: %j', async (csv, type, fields, texts) => {
    const delimiter = csv?.thousands === ',' ? ',' : ';';
    const content = `v${delimiter}x\n${fields.map((field) => `${field}${delimiter}y\n`).join('')}`;
    const changes = { types: { v: type as 'float' }, csv: { ...csv, ...(delimiter === ',' ? {} : { delimiter }) } };
    expect((await reading({ 'x.csv': content }, changes)).rows.map(([text]) => text)).toEqual(texts);
  });

  test.each<[ViewFiles['csv'], string, string]>([
    [
      { decimalMark: ',', thousands: '.' },
      '2.5',
      'a decimal of at most 29 digits before and 9 after the point, with "," as decimal mark and "." between thousands',
    ],
    [{ decimalMark: ',', thousands: '.' }, '1.23,4', 'a decimal'],
    [{ decimalMark: ',' }, '0.5', 'a decimal'],
    [{ decimalMark: ',', thousands: '.' }, '0.125', 'a decimal'],
    [{ thousands: ',' }, '-012,345', 'a decimal'],
    [{ thousands: ' ' }, '12 34', 'a decimal'],
    [{ thousands: '_' }, '1234_567', 'a decimal'],
    [{ decimalMark: ',' }, '1,2,3', 'a decimal'],
    [{ decimalMark: ',' }, '0,0000000001', 'a decimal'],
  ])('refuse the row for other marks: %j %s', async (csv, field, expected) => {
    const changes: Partial<ViewFiles> = { types: { v: 'decimal' }, csv: { ...csv, delimiter: ';' } };
    const { rows, refused } = await reading({ 'x.csv': `v;x\n${field};y\n` }, changes);
    expect([rows, refused.map(({ detail }) => detail)]).toEqual([
      [],
      [expect.stringContaining(`in x.csv, line 2: v is ${JSON.stringify(field)}, not ${expected}`)],
    ]);
  });
});

describe('archives', () => {
  const BZIP2 = Buffer.from('QlpoOTFBWSZTWdR78W4AAALZgAAQAAQgADAAAEAgACGmmaDAKBULC7kinChIaj34twA=', 'base64');
  const PART = Buffer.from('QlpoOTFBWSZTWa3BsuoAAAFYgAAQAAQQAAAgIAAhmmgzTRc8XckU4UJCtwbLqA==', 'base64');

  test('are read: .zip with one file, and .bz2 with one or several parts', async () => {
    const files = {
      'a.csv.zip': zipArchive({ 'folder/a.csv': 'a,b\n0,z\n', '__MACOSX/._a.csv': 'x' }),
      'b.csv.bz2': Buffer.concat([BZIP2, PART]),
    };
    expect((await reading(files)).rows).toEqual([
      ['0', 'z'],
      ['1', 'x'],
      ['2', 'y'],
    ]);
    expect((await reading({ 'x.json.zip': zipArchive({ x: '[{"a":1}]' }) })).rows).toEqual([['1']]);
  });

  test('leave the event loop to other work between the blocks of a .bz2', async () => {
    let [turns, isRead] = [0, false];
    const count = () => {
      turns += 1;
      if (!isRead) setImmediate(count);
    };
    async function* content() {
      yield Buffer.concat(Array.from({ length: 20 }, () => PART));
    }
    setImmediate(count);
    for await (const _ of bunzipped(content()));
    isRead = true;
    expect(turns).toBeGreaterThan(10);
  });

  const zip = zipArchive({ 'a.csv': 'a\n1\n' });
  const encrypted = Buffer.from(zip);
  encrypted[6] = 1;
  encrypted[zip.length - 22 - 51 + 8] = 1;
  const flipped = Buffer.from(zip);
  flipped[36] = (flipped[36] ?? 0) ^ 255;
  const tar = Buffer.alloc(1536);
  tar.write('a.csv');
  tar.write('ustar', 257);
  tar.write('a,b\n1,2\n', 512);
  test.each<[string, string, Buffer, string]>([
    [
      'several files',
      'x.csv.zip',
      zipArchive({ 'a.csv': 'a\n', 'b.csv': 'b\n' }),
      'it is a zip archive with 2 files (a.csv, b.csv); expected one file per archive.',
    ],
    ['no file', 'x.csv.zip', zipArchive({ 'folder/': '' }), 'it is an empty zip archive; expected one file.'],
    ['a password', 'x.csv.zip', encrypted, 'it is an encrypted zip archive; write it without a password.'],
    ['a damaged zip', 'x.csv.zip', flipped, 'it is truncated or damaged ('],
    ['half a zip', 'x.csv.zip', zip.subarray(0, 60), 'it is truncated or damaged ('],
    [
      'a zip bomb',
      'x.csv.zip',
      zipArchive({ 'a.csv': `a\n${'1\n'.repeat(20_000_000)}` }),
      'it decompresses to more than 50 times its size',
    ],
    [
      'gzip in a zip',
      'x.csv.zip',
      zipArchive({ a: Buffer.from([0x1f, 0x8b, 8]) }),
      'its decompressed content is compressed with gzip; expected text.',
    ],
    ['half a .bz2', 'x.csv.bz2', BZIP2.subarray(0, 30), 'it is truncated or damaged (unexpected end of file).'],
    [
      'a damaged .bz2',
      'x.csv.bz2',
      Buffer.concat([BZIP2.subarray(0, 30), Buffer.from('x'), BZIP2.subarray(31)]),
      'it is truncated or damaged (',
    ],
    ['data after a .bz2', 'x.csv.bz2', Buffer.concat([BZIP2, Buffer.from('data')]), 'it is truncated or damaged ('],
    ['a .bz2 without its extension', 'x.csv', BZIP2, 'it is compressed with bzip2; its name must end with .bz2.'],
    ['a zip without its extension', 'x.csv', zip, 'it is a zip archive; its name must end with .zip.'],
  ])('fail with FILE_BROKEN for %s', async (_, name, content, sentence) => {
    expect(await messageOf({ [name]: content })).toContain(`FILE_BROKEN: ${name} is broken: ${sentence}`);
  });

  test.each<[string, string, Buffer, string]>([
    ['xz', 'x.csv.xz', Buffer.from('fd377a585a000004e6d6b446', 'hex'), 'it is compressed with xz; expected text'],
    ['LZ4', 'x.csv.lz4', Buffer.from('04224d186440a7', 'hex'), 'it is compressed with LZ4; expected text'],
    ['Snappy', 'x.csv.sz', Buffer.from('ff060000734e61507059', 'hex'), 'it is compressed with Snappy; expected text'],
    ['7z', 'x.csv.7z', Buffer.from('377abcaf271c', 'hex'), 'it is a 7z archive; expected text'],
    ['Avro', 'x.csv', Buffer.from('Obj\u0001\u0004'), 'it is an Avro file; expected text'],
    ['Excel', 'x.csv', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'it is an Excel workbook; expected text'],
    ['tar', 'x.csv.tar', tar, 'it is a tar archive; expected text'],
    ['tar and gzip', 'x.csv.gz', gzipSync(tar), 'its decompressed content is a tar archive; expected text.'],
  ])('fail with FILE_UNSUPPORTED for %s', async (_, name, content, sentence) => {
    expect(await messageOf({ [name]: content })).toContain(`FILE_UNSUPPORTED: ${name} cannot be read: ${sentence}`);
  });

  test('fail with FILE_BROKEN for a .bz2 that decompresses to far more than its size, one block at a time', async () => {
    const bomb = Buffer.from(
      'QlpoOTFBWSZTWRqIRKYFfjjJAIAQIAAgAAAIIABQZpoJqU09uIqAl1JJBVW1CoCXzFBWSZTWW1g9h0AbAMoAIAQIAAACCAAMMwFKacZAClsIAUvF3JFOFCQWHB/UQA==',
      'base64',
    );
    expect(await messageOf({ 'x.csv.bz2': bomb })).toContain('it decompresses to more than 50 times its size');
  });
});

describe('records inside an object', () => {
  const RECORDS = { records: '$.data' };
  test.each<[string, string, string, string[][]]>([
    ['before other keys', '$.data', '{"data":[{"a":1},{"a":2}],"next":null}', [['1'], ['2']]],
    ['after other keys', '$.data', '{"x":{"data":[{"a":9}]},"y":"]}\\"","data":[\n{"a":"],["}\n]}', [['],[']]],
    ['deeper', '$.result.items', '{"items":[{"a":9}],"result":{"n":[1],"items":[{"a":3}],"o":{}},"z":[]}', [['3']]],
    ['in several objects', '$.data', '{"data":[{"a":1}]}\n{"data":[]} {"data":[{"a":2}]}', [['1'], ['2']]],
    ['null', '$.data', '{"data": null}', []],
    ['an escaped key', '$.data', '{"\\u0064ata":[{"a":4}]}', [['4']]],
  ])('are read: %s', async (_, records, content, rows) => {
    expect((await reading({ 'x.json': content }, { records, types: { a: 'string' } })).rows).toEqual(rows);
  });

  slowTest('are read from an object that is longer than a chunk, with exact numbers and lines', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `{"a": 9007199254740993, "b": ${index}.10}`);
    const content = `{"data": [\n${lines.join(',\n')}\n, {"a": 1, "b": "x"}], "total": 30001}`;
    const { rows, refused } = await reading({ 'x.json': content }, { ...RECORDS, types: { a: 'int', b: 'decimal' } });
    expect([rows.length, rows[0], rows.at(-1)]).toEqual([
      30_000,
      ['9007199254740993', '0.1'],
      ['9007199254740993', '29999.1'],
    ]);
    expect(refused.map(({ detail }) => detail)).toEqual([expect.stringContaining('in x.json, line 30002: b is "x"')]);
  });

  test.each([
    ['{"rows":[],"next":null}', 'it has no list at $.data (`records` in the view); its keys are rows, next'],
    ['{"data":{"a":1}}', 'line 1: $.data is not a list'],
    ['{"data":[],\n"data":[]}', 'line 2 has the key $.data twice'],
    ['[{"a":1}]', 'line 1: expected an object that contains the list (`records` in the view)'],
    ['{"data":[{"a":1}', 'its list is not closed'],
    ['{"data":[{"a":1}]', 'its object is not closed'],
    ['{"data":[{"a":1}],}', 'the object around its list is not valid JSON'],
    ['{"data":[{"a":1}]]', 'line 1 closes a bracket that is not open'],
    [`{"x":"${'y'.repeat(1_100_000)}","data":[]}`, 'its object contains more than 1 MiB outside the list $.data'],
  ])('fail with FILE_BROKEN for %.24s', async (content, problem) => {
    expect(await messageOf({ 'x.json': content }, RECORDS)).toBe(`FILE_BROKEN: x.json is broken: ${problem}.`);
  });
});

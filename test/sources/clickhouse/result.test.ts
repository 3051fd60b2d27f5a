// Responses of ClickHouse as they arrive: in any pieces, cut off, or with an error after some rows.

import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openResult } from '../../../src/sources/clickhouse/result.ts';
import { rowsOf } from '../source-contract.ts';

const HEAD = 'id\tvalue\nUInt64\tString\n';
const MESSAGE =
  "Code: 395. DB::Exception: Value passed to 'throwIf' function is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 25.11.2.24 (official build))";
const TAGGED = `\r\n__exception__\r\ndlvqrlwfmhvihrnk\r\n${MESSAGE}\n${MESSAGE.length + 1} dlvqrlwfmhvihrnk\r\n__exception__\r\n`;

async function* chunks(text: string, size: number, then: 'end' | 'abort') {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  if (then === 'abort') throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

/** The rows, and the error at their end. */
async function read(text: string, size = 7, then: 'end' | 'abort' = 'end') {
  const rows: (string | null)[][] = [];
  try {
    const result = await openResult(Readable.from(chunks(text, size, then), { objectMode: false }));
    const columns = result.names.map(() => ({ read: (field: string) => field }));
    for await (const batch of result.batches(columns, 2)) rows.push(...rowsOf(batch));
    return { rows, error: null };
  } catch (error) {
    return { rows, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

const ROWS = '1\tŁódź\n2\t\\N\n3\t\n';

describe('openResult', () => {
  test.each([1, 2, 5, 1_000])('reads rows in pieces of %d bytes', async (size) => {
    expect(await read(`${HEAD}${ROWS}\\E`, size)).toEqual({
      rows: [
        ['1', 'Łódź'],
        ['2', null],
        ['3', ''],
      ],
      error: null,
    });
  });

  test('reads a result without rows', async () => {
    expect(await read(`${HEAD}\\E`)).toEqual({ rows: [], error: null });
  });

  test.each([
    ['after a whole row', `${HEAD}${ROWS}`],
    ['in the middle of a row', `${HEAD}${ROWS}4\tabc`],
    ['in the end marker', `${HEAD}${ROWS}\\`],
    ['before the rows', 'id\tval'],
    ['before anything', ''],
  ])('says that a response is cut off %s', async (_, text) => {
    expect((await read(text)).error).toBe('CutOff: the response ended before its last row');
  });

  test.each([
    ['a tag, after a row', `${HEAD}${ROWS}${TAGGED}`, 'abort'],
    ['a tag, in a row', `${HEAD}${ROWS}4\tab${TAGGED}`, 'abort'],
    ['a tag, before the rows', TAGGED.trimStart(), 'abort'],
    ['plain text, after a row', `${HEAD}${ROWS}${MESSAGE}`, 'end'],
    ['plain text, in a row', `${HEAD}${ROWS}4\tab${MESSAGE}\n`, 'end'],
  ] as const)('finds the error from the server: %s', async (_, text, then) => {
    for (const size of [1, 11, 10_000]) {
      expect((await read(text, size, then)).error).toBe(
        "ClickhouseException: Value passed to 'throwIf' function is non-zero",
      );
    }
  });

  test('does not take a value for an error', async () => {
    const value = MESSAGE.replaceAll("'", "\\'");
    expect((await read(`${HEAD}1\t${value}\n2\t__exception__\n\\E`)).rows).toHaveLength(2);
  });

  test('names the row of bytes that are not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from(`${HEAD}1\ta\n2\t`), Buffer.from([0xff]), Buffer.from('\n\\E')]);
    const result = await openResult(Readable.from([bytes], { objectMode: false }));
    const batches = result.batches([{ read: String }, { read: String }], 10);

    await expect(batches.next()).rejects.toMatchObject({ name: 'NotUtf8', before: '2\t' });
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { edited, nanosecondColumns } from '../../../src/sources/formats/parquet/parquet-footer.ts';
import { openSpool } from '../../../src/sources/storage/spool.ts';
import { lakeCaseFile } from '../../run/files/lake-case-files.ts';
import { slowTest } from '../../support/sample.ts';
import { failureOf, rowsOf } from '../source-contract.ts';
import { askingFiles, calm, lakeFolder, openLake, writeParquet } from './lake-files.ts';

async function footerOf(name: string): Promise<Buffer> {
  const file = await readFile(lakeCaseFile(name));
  return file.subarray(file.length - 8 - file.readUInt32LE(file.length - 8), -8);
}

describe('nanosecondColumns', () => {
  slowTest('finds the columns with digits that would be truncated, and no others', async () => {
    const kinds = async (name: string) =>
      nanosecondColumns(await footerOf(name)).map(({ name: column, kind }) => [column, kind]);
    expect(await kinds('ns-zone-digits.parquet')).toEqual([['t', 'zoned']]);
    expect(await kinds('int96-digits.parquet')).toEqual([['t', 'INT96']]);
    for (const name of ['ns-digits.parquet', 'us-zone.parquet', 'one-row-list-column.parquet'])
      expect(await kinds(name)).toEqual([]);
  });

  test('reads no bytes beyond a damaged footer', async () => {
    for (const name of ['ns-zone-digits.parquet', 'int96-digits.parquet']) {
      const footer = await footerOf(name);
      for (let at = 0; at < footer.length; at += 1) {
        for (const byte of [0x00, 0x7f, 0xff, (footer[at] ?? 0) ^ 0x10]) {
          const damaged = edited(footer, [{ at, length: 1, bytes: [byte] }]);
          expect(() => {
            try {
              nanosecondColumns(damaged);
              nanosecondColumns(damaged.subarray(0, at));
            } catch (error) {
              if (!(error instanceof RangeError)) throw error;
            }
          }).not.toThrow();
        }
      }
    }
  });
});

describe('a file with nanoseconds that is too large for the spool', () => {
  test('is read without a copy, with a note', async () => {
    const folder = await lakeFolder({ 'a.parquet': await readFile(lakeCaseFile('ns-zone-digits.parquet')) });
    await using spool = openSpool({ folder: join(folder, 'spool'), limitBytes: 100, clock: systemClock });
    await using source = openLake(folder, { spool });
    await using reading = await source.open?.(
      askingFiles({ pattern: '*.parquet', format: 'parquet' }, 'select t from files'),
      calm,
    );
    expect(reading?.notes).toEqual([
      'nanoseconds of t in a.parquet are truncated to microseconds: the spool is too small for a copy of the file',
    ]);
  });
});

test('a file with nanoseconds is copied for a view with `from` that names the column only there', async () => {
  const folder = await lakeFolder({ 'a.parquet': await readFile(lakeCaseFile('ns-zone-digits.parquet')) });
  await using spool = openSpool({ folder: join(folder, 'spool'), limitBytes: 100, clock: systemClock });
  await using source = openLake(folder, { spool });
  const declared = {
    table: null,
    entityId: ['t'],
    timestamp: 'T',
    aggregates: [{ feature: 'value', operator: 'count', windowMs: 86_400_000 }],
  } as const;
  const asked = askingFiles({ pattern: '*.parquet', format: 'parquet' }, null, { declared });
  await using reading = await source.open?.(asked, calm);
  expect(reading?.notes).toEqual([expect.stringMatching(/^nanoseconds of t in a.parquet are truncated/)]);
});

describe('nanoseconds inside a list or struct', () => {
  /** A file with `s: {a: [a time in nanoseconds]}`; DuckDB writes it without a zone. */
  async function nestedFile(zone: 'with zone' | 'without zone'): Promise<Buffer> {
    const folder = await lakeFolder({});
    const path = join(folder, 'ns.parquet');
    await writeParquet(path, `select {a: ['2026-01-01 00:00:00.123456789'::timestamp_ns]} as s`);
    const file = await readFile(path);
    // isAdjustedToUTC of the logical type, before its unit NANOS.
    const at = file.indexOf(Buffer.from([0x12, 0x1c, 0x3c, 0x00]));
    if (zone === 'with zone') file[at] = 0x11;
    return file;
  }

  test('are refused with a zone, which DuckDB would truncate', async () => {
    await using source = openLake(await lakeFolder({ 'a.parquet': await nestedFile('with zone') }));
    const asked = askingFiles({ pattern: '*.parquet', format: 'parquet' }, 'select s from files');
    const failure = await failureOf(source.describe(asked, calm));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_SHAPE',
      'View customer_orders: column "s" cannot be used: in a.parquet it has nanosecond times inside a list, struct or map; these can only be read as microseconds, so write microseconds instead.',
    ]);
  });

  test('are exact without a zone', async () => {
    await using source = openLake(await lakeFolder({ 'a.parquet': await nestedFile('without zone') }));
    const asked = askingFiles({ pattern: '*.parquet', format: 'parquet' }, 'select s from files');
    const rows: (string | null)[][] = [];
    for await (const batch of source.read(asked, calm)) rows.push(...rowsOf(batch));
    expect(rows).toEqual([['{"a":["2026-01-01 00:00:00.123456789"]}']]);
  });
});

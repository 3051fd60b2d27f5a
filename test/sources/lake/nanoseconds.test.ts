import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { edited, nanosecondColumns } from '../../../src/sources/formats/parquet/parquet-footer.ts';
import { openSpool } from '../../../src/sources/storage/spool.ts';
import { lakeCaseFile } from '../../run/lake-case-files.ts';
import { askingFiles, calm, lakeFolder, openLake } from './lake-files.ts';

async function footerOf(name: string): Promise<Buffer> {
  const file = await readFile(lakeCaseFile(name));
  return file.subarray(file.length - 8 - file.readUInt32LE(file.length - 8), -8);
}

describe('nanosecondColumns', () => {
  test('finds the columns whose digits would be cut off, and no others', async () => {
    const kinds = async (name: string) =>
      nanosecondColumns(await footerOf(name)).map(({ name: column, kind }) => [column, kind]);
    expect(await kinds('ns-zone-digits.parquet')).toEqual([['t', 'zoned']]);
    expect(await kinds('int96-digits.parquet')).toEqual([['t', 'INT96']]);
    for (const name of ['ns-digits.parquet', 'us-zone.parquet', 'one-row-list-column.parquet'])
      expect(await kinds(name)).toEqual([]);
  });

  test('reads no bytes beyond a footer that is damaged', async () => {
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

describe('a file with nanoseconds that there is no room to copy', () => {
  test('is read as it is, and the run says so', async () => {
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

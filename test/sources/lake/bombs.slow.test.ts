// Decompression bombs: each fails soon, in little memory, with the right message.

import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { askingFiles, calm, lakeFolder, openLake, writeParquet } from './lake-files.ts';

const HUNDRED_MB = Buffer.alloc(100_000_000, `${'a'.repeat(999)}\n`);
const nested = (depth: number): Buffer => (depth === 0 ? HUNDRED_MB : gzipSync(nested(depth - 1)));

const BOMBS: readonly [string, () => Buffer | Buffer[], RegExp][] = [
  ['a.csv.gz', () => gzipSync(HUNDRED_MB), /it decompresses to more than 200 times its size/],
  ['a.csv.zst', () => zstdCompressSync(HUNDRED_MB), /it decompresses to more than 200 times its size/],
  [
    'a.json.gz',
    () => gzipSync(Buffer.alloc(100_000_000, `{}${' '.repeat(997)}\n`)),
    /it decompresses to more than 200 times its size/,
  ],
  ['b.json.zst', () => zstdCompressSync(Buffer.alloc(100_000_000, '[')), /than 200 times its size|of more than 1 MiB/],
  ['b.csv.gz', () => nested(2), /is broken: /],
  ['c.csv.gz', () => nested(3), /is broken: /],
  [
    'd.csv.gz',
    () => Array.from({ length: 100 }, () => gzipSync(HUNDRED_MB.subarray(0, 1_000_000))),
    /200 times its size/,
  ],
  [
    'd.csv.zst',
    () => Array.from({ length: 100 }, () => zstdCompressSync(HUNDRED_MB.subarray(0, 1_000_000))),
    /200 times its size/,
  ],
  ['e.csv.gz', () => Array.from({ length: 300_000 }, () => EMPTY_GZIP), /it is empty and has no header/],
  [
    'e.csv.zst',
    () => Array.from({ length: 300_000 }, () => EMPTY_ZSTD),
    /more than 1000 compressed frames|compressed frames/,
  ],
  ['f.csv.gz', () => gzipSync(Buffer.alloc(50_000_000, 'x')), /of more than 1 MiB|200 times/],
  ['f.json.zst', () => zstdCompressSync(Buffer.alloc(50_000_000, '"')), /of more than 1 MiB|200 times/],
  ['g.csv', () => Buffer.from(`a\n${'x\n'.repeat(3_000_000)}`), /more than 2000000 rows \(file_rows_max/],
  ['g.json', () => Buffer.from('{}\n'.repeat(3_000_000)), /more than 2000000 rows \(file_rows_max/],
  ['h.json', () => Buffer.from(`[${'{},'.repeat(3_000_000)}{}]`), /more than 2000000 rows \(file_rows_max/],
  [
    'i.json',
    () => Buffer.from(Array.from({ length: 3_000 }, (_, n) => `{"k${n}":1}\n`).join('')),
    /2000 different keys/,
  ],
];

const EMPTY_GZIP = gzipSync('');
const EMPTY_ZSTD = zstdCompressSync('');

const PARQUET_BOMBS: readonly [string, string, RegExp][] = [
  ['rows', `select 'x' as a from range(20000000)`, /more than 2000000 rows \(file_rows_max/],
  ['one long text', `select repeat('x', 200000000) as a`, /more memory|Out of Memory/],
  ['a long text again and again', `select repeat('x', 1000000) as a from range(2000)`, /more memory|Out of Memory/],
  ['long lists', 'select list_transform(range(3000000), x -> 1) as a from range(30)', /more memory|Out of Memory/],
];

/** The statement timeout is for a busy machine: `cpuMs` limits the work of this process, and the memory that of the engine. */
const LIMITS = { fileRowsMax: 2_000_000, memoryLimitMb: 256, statementTimeoutMs: PATIENCE_MS };

/** The outcome. This process, which decompresses files, used less than ten seconds of the processor and half a gigabyte. */
async function blown(folder: string, name: string, files: Partial<ViewFiles>): Promise<string> {
  const begun = process.cpuUsage();
  const before = process.memoryUsage().rss;
  await using source = openLake(folder, LIMITS);
  const failure = await failureOf(
    allRows(source, askingFiles({ pattern: name, ...files }, 'select * from files'), calm),
  );
  expect(cpuMs(begun)).toBeLessThan(10_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(500 * 1_048_576);
  return `${failure.code} ${failure.message}`;
}

/** Of the processor: other processes of a busy machine do not count. A hang ends with the timeout of the test. */
function cpuMs(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000;
}

describe('a bomb', () => {
  test.each(BOMBS)('of %s is defused', async (name, content, sentence) => {
    const made = content();
    const folder = await lakeFolder({ [name]: Array.isArray(made) ? Buffer.concat(made) : made });
    const ended = await blown(folder, name, { format: name.includes('csv') ? 'csv' : 'json' });
    expect(ended).toMatch(/^FILE_BROKEN/);
    expect(ended).toMatch(sentence);
  });

  test.each(PARQUET_BOMBS)('of Parquet with %s is defused', async (_, query, sentence) => {
    const folder = await lakeFolder();
    await writeParquet(join(folder, 'a.parquet'), query, ', codec zstd');
    const ended = await blown(folder, 'a.parquet', { format: 'parquet' });
    expect(ended).toMatch(/^(FILE_BROKEN|SOURCE_QUERY)/);
    expect(ended).toMatch(sentence);
  });
});

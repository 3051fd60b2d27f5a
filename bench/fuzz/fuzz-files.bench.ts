// Fuzzes lake files with damage, very long values and impossible lengths: each gives rows or a failure with a code.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { Failure } from '../../src/core/failure.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import { openSource } from '../../src/sources/index.ts';
import type { Source } from '../../src/sources/source.ts';
import { zipArchive } from '../../src/view-tests/zip-archive.ts';
import { chance } from '../../test/sources/lake/fuzzing.ts';
import { eventsView, sourceOptions, viewFiles } from '../../test/sources/worlds.ts';
import { publicData } from '../../test/support/public-data.ts';
import { hostile, isTimeUp, shareOf, watched } from './fuzz.ts';

const FILES = shareOf(20_000);
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-fuzz-'));
const lines = (line: (n: number) => string) => Buffer.from(Array.from({ length: 30 }, (_, n) => line(n)).join(''));
const csv = Buffer.concat([Buffer.from('id,words,n\n'), lines((n) => `${n},"word ""${n}""",${n * 1.5}\n`)]);
const json = lines((n) => `{"id":${n},"words":"word ${n}","n":{"a":[${n},1e${n}]}}\n`);
const types = { id: 'string', words: 'string', n: 'string' } as const;
const enclosed = Buffer.concat([
  Buffer.from('{"meta":{"n":30},"data":[\n'),
  listed(json),
  Buffer.from('],"next":null}'),
]);
const exported = Buffer.concat([
  Buffer.from('Report\nsecond line\nid;words;n\n'),
  lines((n) => `${n};'word ${n}';1.234,5\n`),
  Buffer.from('30 rows\n'),
]);
const asExported = {
  delimiter: ';',
  quote: "'",
  decimalMark: ',',
  thousands: '.',
  skipLines: 2,
  footerLines: 1,
} as const;

/** Lines as the elements of a list. */
function listed(text: Buffer): Buffer {
  return Buffer.from(text.toString().trimEnd().replaceAll('\n', ',\n'));
}

async function parquets(): Promise<Buffer[]> {
  await using parts = new AsyncDisposableStack();
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  parts.defer(() => instance.closeSync());
  const connection = await instance.connect();
  const columns = `range as id, 'word ' || (range % 7) as words, range * 1.5 as n, [range, null] as list, {a: range} as s`;
  const made: string[] = [];
  for (const codec of ['snappy', 'gzip', 'zstd', 'uncompressed']) {
    made.push(path.join(folder, `made-${codec}.parquet`));
    await connection.run(
      `copy (select ${columns} from range(300)) to '${made.at(-1)}' (format parquet, codec ${codec})`,
    );
  }
  const others = publicData('parquet-testing');
  const all = [...made, ...(others === null ? [] : readdirSync(others).map((name) => path.join(others, name)))];
  return all
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => readFileSync(name))
    .filter(({ length }) => length < 200_000);
}

const parquet = await parquets();
const KINDS = [
  { name: 'a.csv', of: [csv], files: { format: 'csv' } as const },
  { name: 'a.csv.gz', of: [csv], files: { format: 'csv' } as const },
  { name: 'a.json', of: [json], files: { format: 'json', types } as const },
  { name: 'b.json', of: [enclosed], files: { format: 'json', types, records: '$.data' } as const },
  { name: 'b.csv', of: [exported], files: { format: 'csv', csv: asExported, types: { n: 'decimal' } } as const },
  {
    name: 'c.csv',
    of: [Buffer.from(`\ufeff${csv}`, 'utf16le')],
    files: { format: 'csv', encoding: 'utf-16' } as const,
  },
  { name: 'c.csv.zip', of: [csv], files: { format: 'csv' } as const },
  { name: 'd.csv.zip', of: [zipArchive({ 'd.csv': csv })], files: { format: 'csv' } as const },
  { name: 'd.csv.gz', of: [gzipSync(csv)], files: { format: 'csv' } as const },
  { name: 'a.parquet', of: parquet, files: { format: 'parquet' } as const },
];
const DAY = interval(epochMsOf(Date.UTC(2026, 0, 31)), epochMsOf(Date.UTC(2026, 1, 1)));
const CALM = new AbortController().signal;
const random = chance(11);
const counts = new Map<string, number>();

async function read(source: Source, name: string, files: (typeof KINDS)[number]['files']): Promise<string> {
  try {
    await using reading = await source.open?.(
      { view: eventsView({ query: 'select * from files', files: viewFiles({ pattern: name, ...files }) }), span: DAY },
      CALM,
    );
    for await (const _ of reading?.rows() ?? []);
    return 'read';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

/** The damaged text in a whole archive, or a damaged archive. */
const PACKED: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  'a.csv.gz': (content) => gzipSync(content, { level: 1 }),
  'c.csv.zip': (content) => zipArchive({ 'c.csv': content }),
};

await watched('damaged files', 700, async () => {
  // One for all files, as in a worker: the start of an engine takes longer than a file.
  await using source = openSource(sourceOptions({ name: 'lake', url: `file://${folder}`, memoryLimitMb: 256 }));
  let index = 0;
  for (; index < FILES && !isTimeUp(); index += 1) {
    const kind = KINDS[index % KINDS.length] as (typeof KINDS)[number]; // below the length
    const content = hostile(kind.of[Math.floor(index / KINDS.length) % kind.of.length] ?? csv, random);
    writeFileSync(path.join(folder, kind.name), PACKED[kind.name]?.(content) ?? content);
    const ended = await read(source, kind.name, kind.files);
    counts.set(`${kind.name} ${ended}`, (counts.get(`${kind.name} ${ended}`) ?? 0) + 1);
    if (ended === 'BUG') throw new Error(`input ${index} of ${kind.name}`);
  }
  return index;
});
rmSync(folder, { recursive: true });
for (const [what, files] of [...counts].sort()) process.stdout.write(`  ${files} ${what}\n`);

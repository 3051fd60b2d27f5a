// Fuzzes lake files with damage, very long values and impossible lengths: each gives rows or a failure with a code.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { Failure } from '../src/core/failure.ts';
import { epochMsOf } from '../src/core/instant.ts';
import { interval } from '../src/core/interval.ts';
import { openSource } from '../src/sources/index.ts';
import type { Source } from '../src/sources/source.ts';
import { chance } from '../test/sources/lake/fuzzing.ts';
import { eventsView, sourceOptions, viewFiles } from '../test/sources/worlds.ts';
import { publicData } from '../test/support/public-data.ts';
import { hostile, shareOf, watched } from './fuzz.ts';

const FILES = shareOf(20_000);
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-fuzz-'));
const lines = (line: (n: number) => string) => Buffer.from(Array.from({ length: 30 }, (_, n) => line(n)).join(''));
const csv = Buffer.concat([Buffer.from('id,words,n\n'), lines((n) => `${n},"word ""${n}""",${n * 1.5}\n`)]);
const json = lines((n) => `{"id":${n},"words":"word ${n}","n":{"a":[${n},1e${n}]}}\n`);
const types = { id: 'string', words: 'string', n: 'string' } as const;

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

await watched(`${FILES} damaged files`, 700, async () => {
  // One for all files, as in a worker: the start of an engine takes longer than a file.
  await using source = openSource(sourceOptions({ name: 'lake', url: `file://${folder}`, memoryLimitMb: 256 }));
  for (let index = 0; index < FILES; index += 1) {
    const kind = KINDS[index % KINDS.length] as (typeof KINDS)[number]; // below the length
    const content = hostile(kind.of[Math.floor(index / KINDS.length) % kind.of.length] ?? csv, random);
    writeFileSync(path.join(folder, kind.name), kind.name.endsWith('.gz') ? gzipSync(content, { level: 1 }) : content);
    const ended = await read(source, kind.name, kind.files);
    counts.set(`${kind.name} ${ended}`, (counts.get(`${kind.name} ${ended}`) ?? 0) + 1);
    if (ended === 'BUG') throw new Error(`input ${index} of ${kind.name}`);
  }
});
rmSync(folder, { recursive: true });
for (const [what, files] of [...counts].sort()) process.stdout.write(`  ${files} ${what}\n`);

// Hundreds of damaged files (MILLRACE_FUZZ_FILES sets the number): no crash, no hang, no memory growth, no invented value.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import type { ViewFiles } from '../../../src/definition/view.ts';
import type { RefusedRow } from '../../../src/rows/refusal.ts';
import { publicData } from '../../support/public-data.ts';
import { rowsOf } from '../source-contract.ts';
import { chance, Digits, mutated, strictCsv, strictJson } from './fuzzing.ts';
import { askingFiles, calm, lakeFolder, openLake, writeParquet } from './lake-files.ts';

/** Per format. Each file has a separate engine process, which takes most of the time. */
const FILES = Number(process.env['MILLRACE_FUZZ_FILES'] ?? 300);
/** Of the processor: other processes of a busy machine do not count. */
const CPU_MS_MAX = 10_000;
const MEMORY_BYTES_MAX = 500 * 1_048_576;
const PATIENCE_MS = 900_000;

type Read = { readonly rows: (string | null)[][]; readonly refused: RefusedRow[] };

/** What becomes of one file: its rows, or the failure of the file. */
async function read(
  name: string,
  content: Buffer,
  files: Partial<ViewFiles>,
  query = 'select * from files',
): Promise<Read | Failure> {
  await using source = openLake(await lakeFolder({ [name]: content }), { memoryLimitMb: 128 });
  const begun = process.cpuUsage();
  const memoryBefore = process.memoryUsage().rss;
  const found: Read = { rows: [], refused: [] };
  try {
    const reading = await source.open?.(askingFiles({ pattern: name, ...files }, query), calm);
    await using _reading = reading;
    for await (const batch of reading?.rows() ?? []) {
      found.refused.push(...(batch.refused ?? []));
      if (found.rows.length < 10_000) found.rows.push(...rowsOf(batch));
    }
    return found;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  } finally {
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1_000).toBeLessThan(CPU_MS_MAX);
    expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(MEMORY_BYTES_MAX);
  }
}

const CSVS = [
  `id,words,n\n${Array.from({ length: 30 }, (_, n) => `${n},word ${n},${n * 1.5}\n`).join('')}`,
  `id,words,n\r\n${Array.from({ length: 30 }, (_, n) => `${n},"word, ""${n}""",\r\n`).join('')}`,
  `id,words,n\n${Array.from({ length: 20 }, (_, n) => `"${n}","line\nof ${n}\r\n",""\n`).join('')}`,
  `\ufeffid,words,n\r\n${Array.from({ length: 20 }, (_, n) => `${n},"żółć\n🦊",ł${n}\r\n`).join('')}`,
].map((text) => Buffer.from(text));

const JSONS = [
  Array.from({ length: 30 }, (_, n) => `{"id":${n},"words":"word ${n}","n":${n * 1.25}}\n`).join(''),
  Array.from({ length: 20 }, (_, n) => `{"id": "${n}", "n": {"a": [${n}, 1.50, "\\u017c"]}, "words": null}\r\n`).join(
    '',
  ),
  Array.from({ length: 20 }, (_, n) => {
    const id = [`${n}`, `"${n}"`, `${n}.25`, `-${n}`, 'true'][n % 5];
    return `{"line":{"id":${n}.0,"words":[{"n":-${n}.0}]},"id":${id},"n":{"n":1e${n},"id":"${n}"},"words":"\\"id\\":${n}.0"}\n`;
  }).join(''),
  Array.from(
    { length: 20 },
    (_, n) => `{"words":"\\ud83e\\udd8a \\"${n}\\"","id":${n}9007199254740993,"n":true}\n`,
  ).join(''),
].map((text) => Buffer.from(text));

/** The worlds of a fuzz test, in sequence. */
async function each(
  contents: readonly Buffer[],
  seed: number,
  look: (content: Buffer, which: number) => Promise<void>,
) {
  const random = chance(seed);
  for (let index = 0; index < FILES; index += 1) {
    const which = index % contents.length;
    await look(mutated(contents[which] ?? Buffer.alloc(0), random), index);
  }
}

describe('damaged files', () => {
  test('of csv give what a strict reader gives, or fail', { timeout: PATIENCE_MS }, async () => {
    const counts = { failed: 0, whole: 0, refused: 0 };
    await each(CSVS, 1, async (content, index) => {
      const name = index % 5 === 0 ? 'a.csv.gz' : 'a.csv';
      const found = await read(name, index % 5 === 0 ? gzipSync(content) : content, { format: 'csv' });
      const expected = strictCsv(content, ['id', 'words', 'n']);
      if (found instanceof Failure) {
        counts.failed += 1;
        expect([found.code, found.message]).toEqual(['FILE_BROKEN', expect.stringContaining('is broken: ')]);
        if (expected !== null)
          throw new Error(`failed for ${JSON.stringify(content.toString('latin1'))}: ${found.message}`);
        return;
      }
      if (expected === null) {
        // Only where the header names other columns.
        expect(found.rows[0]?.length === 3 && content.toString().startsWith('id,words,n\n')).toBe(false);
        return;
      }
      counts[found.refused.length === 0 ? 'whole' : 'refused'] += 1;
      expect({ rows: found.rows, refused: found.refused.length }, JSON.stringify(content.toString('latin1'))).toEqual(
        expected,
      );
    });
    expect(Object.values(counts).every((count) => count > FILES / 100)).toBe(true);
  });

  test('of json lines give what a strict reader gives, or fail', { timeout: PATIENCE_MS }, async () => {
    const counts = { failed: 0, whole: 0, refused: 0 };
    const types = { id: 'string', words: 'string', n: 'string' } as const;
    await each(JSONS, 2, async (content) => {
      const found = await read('a.json', content, { format: 'json', types }, 'select id, words, n from files');
      const about = JSON.stringify(content.toString('latin1'));
      if (found instanceof Failure) {
        counts.failed += 1;
        if (found.code !== 'FILE_BROKEN') expect(found.message, about).toMatch(/which SQL does not distinguish/);
        return;
      }
      // Damage to the first line may turn the file into a sequence of objects, which is not split by lines.
      if (beginsSequence(content.toString().trimStart())) return;
      const expected = strictJson(content);
      const objects = expected.filter((object) => object !== undefined);
      counts[found.refused.length === 0 ? 'whole' : 'refused'] += 1;
      expect([found.rows.length, found.refused.length], about).toEqual([
        objects.length,
        expected.length - objects.length,
      ]);
      for (const [index, object] of objects.entries()) {
        for (const [column, key] of ['id', 'words', 'n'].entries()) {
          expect(isSame(found.rows[index]?.[column] ?? null, object[key]), `${key} of ${about}`).toBe(true);
        }
      }
    });
    expect(counts.whole > FILES / 100 && counts.refused > FILES / 100).toBe(true);
  });
});

/** Whether the first object of a string is not exactly one line. */
function beginsSequence(text: string): boolean {
  for (let at = text.indexOf('}'); at !== -1; at = text.indexOf('}', at + 1)) {
    try {
      JSON.parse(text.slice(0, at + 1));
    } catch {
      continue;
    }
    return text.slice(0, at).includes('\n') || /^[ \t\r]*\S/.test(text.slice(at + 1));
  }
  return false;
}

function isSame(text: string | null, value: unknown): boolean {
  if (value === undefined || value === null) return text === null;
  if (typeof value === 'string') return text === value;
  if (value instanceof Digits) return text === value.text;
  if (text === null) return false;
  return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
}

const publicFiles = publicData('parquet-testing');

describe('damaged files of Parquet', () => {
  test('give rows or fail', { timeout: PATIENCE_MS }, async () => {
    const folder = await lakeFolder();
    const columns = `select range as id, 'word ' || (range % 7) as words, range * 1.5 as n, [range, null] as list, {a: range} as s`;
    const options = ['snappy', 'gzip', 'zstd', 'uncompressed'].flatMap((codec) => [
      `, codec ${codec}, parquet_version v1`,
      `, codec ${codec}, parquet_version v2`,
    ]);
    for (const [index, option] of options.entries())
      await writeParquet(join(folder, `${index}.parquet`), `${columns} from range(500)`, option);
    const names = readdirSync(folder).map((name) => join(folder, name));
    const others = publicFiles === null ? [] : readdirSync(publicFiles).map((name) => join(publicFiles, name));
    const contents = [...names, ...others.filter((name) => name.endsWith('.parquet'))]
      .map((name) => readFileSync(name))
      .filter((content) => content.length < 200_000);
    const counts = { failed: 0, read: 0 };
    await each(contents, 3, async (content) => {
      const found = await read('a.parquet', content, { format: 'parquet' });
      counts[found instanceof Failure ? 'failed' : 'read'] += 1;
      if (found instanceof Failure)
        expect(['FILE_BROKEN', 'FILE_UNSUPPORTED', 'SOURCE_SHAPE', 'SOURCE_QUERY']).toContain(found.code);
    });
    expect(counts.failed > FILES / 100 && counts.read > FILES / 100).toBe(true);
  });
});

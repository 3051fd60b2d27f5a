// Given rows in files of a temporary folder, in the format of the view.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { epochMsOf } from '../core/instant.ts';
import { interval } from '../core/interval.ts';
import type { ViewFiles } from '../definition/view.ts';
import type { TestRow, ViewTest } from '../definition/view-test.ts';
import { expandPattern } from '../sources/storage/file-pattern.ts';
import { givenColumns, textOfValue } from './column-types.ts';
import type { FixtureKind } from './fixture.ts';
import { givenInvalid } from './given-problem.ts';

/** Writes rows as a Parquet file. */
export type WriteParquet = (
  path: string,
  rows: readonly TestRow[],
  types: Readonly<Record<string, string>>,
) => Promise<void>;

export function filesFixtures(writeParquet: WriteParquet): FixtureKind {
  return {
    async make(test, view) {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
      const fixture = {
        url: pathToFileURL(folder).href,
        [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
      };
      try {
        for (const [table, files] of Object.entries(view.files ?? {})) {
          const rows = test.given[table];
          if (rows === undefined) throw givenInvalid(test.file, `given has no rows for the table ${table}`);
          const path = join(folder, fileName(files, test));
          await mkdir(dirname(path), { recursive: true });
          if (files.format === 'parquet') await writeParquet(path, rows, test.types[table] ?? {});
          else await writeFile(path, compressed(path, files.format === 'csv' ? csvText(files, rows) : jsonText(rows)));
        }
      } catch (error) {
        await fixture[Symbol.asyncDispose]();
        throw error;
      }
      return fixture;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The file of the newest interval: its run reads it, and a run over several intervals does too. */
function fileName({ pattern, windowMs }: ViewFiles, { span }: ViewTest): string {
  const all = expandPattern(
    pattern,
    span === null ? null : interval(epochMsOf(Math.min(span.start, span.end - windowMs)), span.end),
  );
  return (all.at(-1) ?? pattern).replaceAll('**', 'given').replaceAll('*', 'given').replaceAll('?', '0');
}

function csvText({ csv }: ViewFiles, rows: readonly TestRow[]): string {
  const { delimiter = ',', quote = '"', nullText = '' } = csv ?? {};
  const names = csv?.header ?? givenColumns(rows).map(({ name }) => name);
  const field = (text: string | null) => {
    if (text === null) return nullText;
    const isSpecial = text === nullText || text.includes(delimiter) || /[\r\n"]/.test(text);
    return isSpecial && quote !== null ? `${quote}${text.replaceAll(quote, quote + quote)}${quote}` : text;
  };
  const lines = rows.map((row) => names.map((name) => field(textOfValue(row[name]))).join(delimiter));
  const head = csv?.header === undefined ? [names.map(field).join(delimiter)] : [];
  return [...head, ...lines].map((line) => `${line}\n`).join('');
}

function jsonText(rows: readonly TestRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function compressed(path: string, text: string): string | Buffer {
  if (path.endsWith('.gz')) return gzipSync(text);
  return path.endsWith('.zst') ? zstdCompressSync(text) : text;
}

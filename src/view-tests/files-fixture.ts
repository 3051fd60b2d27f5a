// Given rows in files of a temporary folder, in the format of the view.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { epochMsOf } from '../core/instant.ts';
import { interval } from '../core/interval.ts';
import { alternativesOf } from '../definition/file-pattern.ts';
import type { ViewFiles } from '../definition/view.ts';
import type { TestRow, ViewTest } from '../definition/view-test.ts';
import { duckdbMessage } from '../sources/lake/engine/errors.ts';
import { expandPattern } from '../sources/storage/file-pattern.ts';
import { fileContent } from './file-text.ts';
import type { FixtureKind } from './fixture.ts';
import { givenInvalid, orRejected } from './given-problem.ts';

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
          if (files.format === 'parquet') await writeGiven(writeParquet, path, table, test);
          else await writeFile(path, fileContent(path, files, rows, test));
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

async function writeGiven(writeParquet: WriteParquet, path: string, table: string, test: ViewTest): Promise<void> {
  const isRejection = (error: unknown) => duckdbMessage(error) !== null;
  await orRejected(test, `the table ${table}`, isRejection, () =>
    writeParquet(path, test.given[table] ?? [], test.types[table] ?? {}),
  );
}

/** The file of the newest interval: its run reads it, and a run over several intervals does too. */
function fileName({ pattern, windowMs }: ViewFiles, { span }: ViewTest): string {
  const all = expandPattern(
    pattern,
    span === null ? null : interval(epochMsOf(Math.min(span.start, span.end - windowMs)), span.end),
  );
  const [plain = pattern] = alternativesOf(all.at(-1) ?? pattern);
  const named = plain.replaceAll(/\[[!^]?(.)[^\]]*\]/g, '$1');
  return named.replaceAll('**', 'given').replaceAll('*', 'given').replaceAll('?', '0');
}

// A folder of lake files for a test, removed with it.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { epochMsOf } from '../../../src/core/instant.ts';
import { type Interval, interval } from '../../../src/core/interval.ts';
import type { FeatureView, ViewFiles } from '../../../src/definition/view.ts';
import { openSource } from '../../../src/sources/index.ts';
import type { Extraction, Source, SourceOptions } from '../../../src/sources/source.ts';
import { afterFile } from '../../support/after-file.ts';
import { eventsView, sourceOptions, viewFiles } from '../worlds.ts';

export const calm = new AbortController().signal;

/** A new folder with these files: name → content. */
export async function lakeFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-lake-'));
  afterFile(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Writes a query's result as a Parquet file, with a separate engine. */
export async function writeParquet(path: string, query: string, options = ''): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await mkdir(dirname(path), { recursive: true });
  await connection.run("set TimeZone = 'UTC'");
  await connection.run(`copy (${query}) to '${path}' (format parquet${options})`);
  connection.closeSync();
  instance.closeSync();
}

export function openLake(folder: string, changes: Partial<SourceOptions> = {}): Source {
  return openSource(sourceOptions({ name: 'lake', url: `file://${folder}`, batchRows: 1000, ...changes }));
}

/** The day that starts at this date. */
export function day(date: string): Interval {
  const start = Date.parse(`${date}T00:00:00Z`);
  return interval(epochMsOf(start), epochMsOf(start + 86_400_000));
}

/** A reading of one query over files, for one day. */
export function askingFiles(
  files: Partial<ViewFiles>,
  query: string | null,
  view: Partial<FeatureView> = {},
  date = '2026-01-31',
): Extraction {
  return { view: eventsView({ query, files: viewFiles(files), ...view }), span: day(date) };
}

// Builds the set of a generated world, and reads its files with a DuckDB of the test.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type BuildOptions, buildDataset } from '../../src/datasets/build.ts';
import { parseReceipt, type Receipt } from '../../src/datasets/receipt.ts';
import { localTarget } from '../../src/datasets/targets/local-target.ts';
import type { Dataset } from '../../src/definition/dataset.ts';
import type { World } from '../support/world.ts';

export type Folder = AsyncDisposable & { readonly path: string };

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-sets-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function buildSet(
  { app }: World,
  dataset: Dataset,
  folder: string,
  more: Partial<BuildOptions> = {},
): Promise<Receipt> {
  await using target = localTarget(folder);
  await buildDataset({
    ...app,
    dataset,
    target,
    owner: app.processId,
    leaseMs: 30_000,
    millrace: 'test',
    signal: new AbortController().signal,
    ...more,
  });
  return parseReceipt(await readFile(join(folder, '_receipt.json'), 'utf8'), folder);
}

/** The rows of a set in the order of its parts, every value as text; with a condition, those that DuckDB finds by it. */
export async function rowsOf(
  folder: string,
  { parts, columns }: Receipt,
  condition = 'true',
): Promise<Record<string, string | null>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  const rows: Record<string, string | null>[] = [];
  for (const { file } of parts) {
    const read = await connection.runAndReadAll(
      `select columns(*)::varchar from read_parquet('${join(folder, file)}', file_row_number = false, hive_partitioning = false) where ${condition}`,
    );
    if (read.columnNames().join() !== columns.map(({ name }) => name).join())
      throw new Error(read.columnNames().join());
    rows.push(...(read.getRowObjectsJson() as Record<string, string | null>[])); // all of them are texts
  }
  connection.closeSync();
  instance.closeSync();
  return rows;
}

// A process that writes files of rows and, for an object store, serves them, so that neither counts as memory of the
// reader. It is forked, receives an order, reports the place, and removes its files when its parent disconnects.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { AZURE_ACCOUNT, startAzureServer } from '../../test/support/object-stores/azure-server.ts';
import { S3_ACCOUNT, startS3Server } from '../../test/support/object-stores/s3-server.ts';

export type FilesOrder = {
  readonly place: 'file' | 's3' | 'azure';
  /** The file name extension. */
  readonly ending: 'parquet' | 'csv' | 'csv.gz' | 'ndjson';
} & ({ readonly rows: number } | { readonly folder: string });

/** The place of the files for Millrace, and their pattern for DuckDB. */
export type PlacedFiles = {
  readonly url: string;
  readonly account: Readonly<Record<string, string>>;
  readonly pattern: string;
};

/**
 * Generated rows are of 2026-01-01, in files `2026-01-01-0.csv` and so on, with columns entity_id, happened_at and
 * amount.
 */
export async function placeFiles(order: FilesOrder): Promise<PlacedFiles & AsyncDisposable> {
  const child = fork(import.meta.filename, [], { execArgv: process.execArgv });
  child.send(order);
  const ended = once(child, 'exit');
  const [placed] = await Promise.race([once(child, 'message'), ended]);
  if (child.exitCode !== null) throw new Error(`the process that writes the files ended with code ${child.exitCode}`);
  return {
    ...(placed as PlacedFiles), // sent below
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await ended;
    },
  };
}

const PARTS = 4;
const FORMATS = {
  parquet: 'format parquet',
  csv: 'format csv',
  'csv.gz': 'format csv, compression gzip',
  ndjson: 'format json',
} as const;

async function writeFiles(folder: string, ending: FilesOrder['ending'], rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  for (let part = 0; part < PARTS; part += 1) {
    const [from, to] = [Math.floor((part * rows) / PARTS), Math.floor(((part + 1) * rows) / PARTS)];
    await connection.run(
      `copy (select 'customer-' || i as entity_id, timestamptz '2026-01-01 00:00:00.000001Z' + i * interval 1 millisecond as happened_at, i / 7e0 as amount
               from range(${from}, ${to}) numbers(i)) to '${join(folder, `2026-01-01-${part}.${ending}`)}' (${FORMATS[ending]})`,
    );
  }
  connection.closeSync();
  instance.closeSync();
}

async function served(folder: string, { place, ending }: FilesOrder): Promise<PlacedFiles> {
  const pattern = join(folder, `*.${ending}`);
  if (place === 'file') return { url: `file://${folder}`, account: {}, pattern };
  const server = await (place === 's3' ? startS3Server() : startAzureServer());
  for (const name of readdirSync(folder).filter((each) => each.endsWith(ending)))
    server.put(`lake/${name}`, readFileSync(join(folder, name)));
  return { url: server.url('lake'), account: place === 's3' ? S3_ACCOUNT : AZURE_ACCOUNT, pattern };
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-files-'));
  process.once('disconnect', () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
  const [order] = (await once(process, 'message')) as [FilesOrder]; // sent above
  if ('rows' in order) await writeFiles(folder, order.ending, order.rows);
  process.send(await served('rows' in order ? folder : order.folder, order));
}

import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { sampleOf } from '../../support/sample.ts';
import { type EventRow, type SourceWorld, testSourceContract } from '../source-contract.ts';
import { viewFiles } from '../worlds.ts';
import { lakeFolder, openLake, writeParquet } from './lake-files.ts';

type LakeWorld = SourceWorld & { readonly file: string; readonly content: Buffer };

async function lakeWorld(
  folder: string,
  name: string,
  files: Partial<ViewFiles>,
  batchRows: number,
): Promise<LakeWorld> {
  const source = openLake(folder, { batchRows });
  return {
    source,
    table: 'files',
    view: { files: viewFiles({ pattern: name, ...files }) },
    file: join(folder, name),
    content: await readFile(join(folder, name)),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

const TYPES = { happened_at: 'timestamp', amount: 'float', lines: 'int' } as const;

async function csv(rows: readonly EventRow[], batchRows: number): Promise<LakeWorld> {
  const quoted = (text: string | null) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`);
  const lines = rows.map((row) => [row.entity_id, row.happened_at, row.amount, row.lines].map(quoted).join(','));
  const folder = await lakeFolder({ 'events.csv': `entity_id,happened_at,amount,lines\n${lines.join('\n')}\n` });
  return lakeWorld(folder, 'events.csv', { format: 'csv', types: TYPES }, batchRows);
}

async function json(rows: readonly EventRow[], batchRows: number): Promise<LakeWorld> {
  const lines = rows.map(({ entity_id, happened_at, amount, lines }) =>
    [
      `{"entity_id": ${JSON.stringify(entity_id)}`,
      `"happened_at": ${JSON.stringify(happened_at)}`,
      `"amount": ${amount}`,
      `"lines":${lines}}`,
    ].join(', '),
  );
  const folder = await lakeFolder({ 'events.json': `${lines.join('\n')}\n` });
  return lakeWorld(folder, 'events.json', { format: 'json', types: TYPES }, batchRows);
}

async function parquet(rows: readonly EventRow[], batchRows: number): Promise<LakeWorld> {
  const folder = await lakeFolder({ 'rows.json': JSON.stringify(rows) });
  await writeParquet(
    join(folder, 'events.parquet'),
    `select entity_id, happened_at::timestamptz as happened_at, amount::double as amount, lines::bigint as lines
       from read_json('${folder}/rows.json', columns = {entity_id: 'varchar', happened_at: 'varchar', amount: 'varchar', lines: 'varchar'})`,
  );
  return lakeWorld(folder, 'events.parquet', { format: 'parquet' }, batchRows);
}

const HOSTILE = [
  "select 1; copy (select 1) to '/tmp/millrace-hostile'",
  "copy (select 1) to '/tmp/millrace-hostile'",
  "select * from read_csv('/etc/passwd', columns = {a: 'varchar'})",
  "select * from read_text('/etc/passwd')",
  "select * from read_blob('/proc/self/environ')",
  "select * from glob('/etc/*')",
  "select * from '/etc/passwd.csv'",
  "attach '/tmp/millrace-hostile' as other",
  'install httpfs',
  'load httpfs',
  'set enable_external_access = true',
  "set memory_limit = '100GB'",
  'pragma database_list; drop view files',
  'create table stolen as select * from files',
  'drop view files',
  'explain select 1',
  "select * from parquet_scan('s3://bucket/key')",
  'select $1',
  'call pragma_version()',
  '',
  ';',
  '-- nothing',
];

async function isUnharmed(world: SourceWorld): Promise<boolean> {
  const { file, content } = world as LakeWorld; // made above
  const isWritten = await access('/tmp/millrace-hostile').then(
    () => true,
    () => false,
  );
  return !isWritten && content.equals(await readFile(file));
}

const FORMATS = { csv, json, parquet };

for (const [format, open] of sampleOf(Object.entries(FORMATS), ([name]) => name === 'csv')) {
  testSourceContract({ kind: `lake ${format}`, open, hostileTexts: HOSTILE, isUnharmed });
}

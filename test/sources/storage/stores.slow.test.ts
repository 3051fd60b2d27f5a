// The source contract for files in object stores.

import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { openSource } from '../../../src/sources/index.ts';
import { openReading } from '../../../src/sources/source.ts';
import { openSpool } from '../../../src/sources/storage/spool.ts';
import { PLAIN_BUCKET, S3_ACCOUNT, startS3Server } from '../../support/object-stores/s3-server.ts';
import { askingFiles, calm, lakeFolder, writeParquet } from '../lake/lake-files.ts';
import { allRows, type EventRow, failureOf, rowsOf, type SourceWorld, testSourceContract } from '../source-contract.ts';
import { sourceOptions, viewFiles } from '../worlds.ts';
import { ALL_STORES, type StoreWorld } from './places.ts';

const TYPES = { happened_at: 'timestamp', amount: 'float', lines: 'int' } as const;
const WRITTEN = '/tmp/millrace-hostile-store';

const HOSTILE = [
  `copy (select 1) to '${WRITTEN}'`,
  "select * from read_text('/etc/passwd')",
  "select * from read_blob('/proc/self/environ')",
  "select * from glob('/tmp/*')",
  "select * from parquet_scan('s3://lake/lake/events.csv')",
  'install httpfs',
  'drop view files',
  '',
];

async function csvOf(rows: readonly EventRow[]): Promise<Buffer> {
  const quoted = (text: string | null) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`);
  const lines = rows.map((row) => [row.entity_id, row.happened_at, row.amount, row.lines].map(quoted).join(','));
  return Buffer.from(`entity_id,happened_at,amount,lines\n${lines.join('\n')}\n`);
}

async function parquetOf(rows: readonly EventRow[]): Promise<Buffer> {
  const folder = await lakeFolder({ 'rows.json': JSON.stringify(rows) });
  const path = join(folder, 'events.parquet');
  await writeParquet(
    path,
    `select entity_id, happened_at::timestamptz as happened_at, amount::double as amount, lines::bigint as lines
       from read_json('${folder}/rows.json', columns = {entity_id: 'varchar', happened_at: 'varchar', amount: 'varchar', lines: 'varchar'})`,
  );
  return readFile(path);
}

const FORMATS = {
  csv: { bodyOf: csvOf, files: { pattern: 'events.csv', format: 'csv', types: TYPES } },
  parquet: { bodyOf: parquetOf, files: { pattern: 'events.parquet', format: 'parquet' } },
} satisfies Record<string, { bodyOf(rows: readonly EventRow[]): Promise<Buffer>; files: Partial<ViewFiles> }>;

async function sourceWorld(
  openWorld: () => Promise<StoreWorld>,
  format: keyof typeof FORMATS,
  rows: readonly EventRow[],
  batchRows: number,
): Promise<SourceWorld> {
  const { bodyOf, files } = FORMATS[format];
  const world = await openWorld();
  world.put(files.pattern, await bodyOf(rows));
  const source = openSource(world.options({ batchRows }));
  return {
    source,
    table: 'files',
    view: { files: viewFiles(files) },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      const left = world.spooled();
      await world[Symbol.asyncDispose]();
      expect(left).toEqual([]);
    },
  };
}

async function isUnharmed(): Promise<boolean> {
  return access(WRITTEN).then(
    () => false,
    () => true,
  );
}

const PLACED = Object.entries(ALL_STORES).flatMap(([store, openWorld]) =>
  (['csv', 'parquet'] as const).map((format) => ({ store, openWorld, format })),
);

for (const { store, openWorld, format } of PLACED) {
  testSourceContract({
    kind: `${store} ${format}`,
    open: (rows, batchRows) => sourceWorld(openWorld, format, rows, batchRows),
    hostileTexts: HOSTILE,
    isUnharmed,
  });
}

const CSV = { format: 'csv', pattern: '[a-c].csv', types: { n: 'int' } } as const;

describe.each(Object.entries(ALL_STORES))('a reading from %s', (_, openWorld) => {
  test('fetches each file once for its columns and its rows, and keeps the bytes until it ends', async () => {
    await using world = await openWorld();
    world.put('a.csv', 'n\n1\n');
    world.put('b.csv', 'n\n2\n');
    await using source = openSource(world.options());
    const rows: unknown[] = [];
    {
      await using reading = await openReading(source, askingFiles(CSV, 'select n from files'), calm);
      world.put('b.csv', 'n\n3\n');
      for await (const batch of reading.rows()) rows.push(...rowsOf(batch));
      expect(reading.columns.map(({ name }) => name)).toEqual(['n']);
      expect(reading.files?.map(({ name, bytes }) => [name, bytes])).toEqual([
        ['a.csv', 4],
        ['b.csv', 4],
      ]);
    }
    expect(rows).toEqual([['1'], ['2']]);
    expect(world.server.requests.filter((request) => /^GET .*\.csv$/.test(request))).toHaveLength(2);
    expect(world.spooled()).toEqual([]);
  });

  test('waits for space in the spool while another reading uses it', async () => {
    await using world = await openWorld();
    for (const name of ['a', 'b', 'c']) world.put(`${name}.csv`, `n\n${'1\n'.repeat(20_000)}`);
    const spool = openSpool({ folder: world.spoolFolder, limitBytes: 60_000, clock: systemClock });
    await using source = openSource(world.options({ spool }));
    let most = 0;
    const counts = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await using reading = await openReading(
          source,
          askingFiles({ ...CSV, pattern: `${name}.csv` }, 'select n from files'),
          calm,
        );
        most = Math.max(most, world.spooled().length);
        let rows = 0;
        for await (const batch of reading.rows()) rows += batch.rows;
        return rows;
      }),
    );
    expect([counts, most]).toEqual([[20_000, 20_000, 20_000], 1]);
    expect(world.spooled()).toEqual([]);
  });

  test('fails before it fetches a file that is too large', async () => {
    await using world = await openWorld();
    world.put('a.csv', `n\n${'1\n'.repeat(1_000_000)}`);
    await using source = openSource(world.options({ fileLimitMb: 1 }));
    const failure = await failureOf(allRows(source, askingFiles(CSV, 'select n from files'), calm));
    expect([failure.code, failure.message]).toEqual([
      'FILE_BROKEN',
      expect.stringMatching(
        /^a\.csv in .* is 2 MB, more than the 1 MB that source lake allows\. Raise its file_limit_mb/,
      ),
    ]);
    expect(world.server.sentBytes).toBe(0);
  });

  test('shows the name of a broken file in the store', async () => {
    await using world = await openWorld();
    world.put('deep/a.parquet', 'PAR1 and no more PAR1');
    await using source = openSource(world.options());
    const asking = askingFiles({ format: 'parquet', pattern: 'deep/a.parquet' }, 'select * from files');
    const failure = await failureOf(allRows(source, asking, calm));
    expect([failure.code, failure.message]).toEqual([
      'FILE_BROKEN',
      expect.stringMatching(/deep\/a\.parquet is (broken|not a readable Parquet file): /),
    ]);
    expect(failure.message).not.toContain(world.spoolFolder);
  });

  test.each([
    ['too short to be one', 'PAR1'],
    ['without its end', 'PAR1 and no more of it than this'],
  ])('shows the name of a broken file in the store: %s', async (_why, body) => {
    await using world = await openWorld();
    world.put('deep/a.parquet', body);
    await using source = openSource(world.options());
    const asking = askingFiles({ format: 'parquet', pattern: 'deep/a.parquet' }, 'select * from files');
    const failure = await failureOf(allRows(source, asking, calm));
    expect([failure.code, failure.message]).toEqual([
      'FILE_BROKEN',
      expect.stringMatching(/^deep\/a\.parquet is not a readable Parquet file: .*deep\/a\.parquet/),
    ]);
    expect(failure.message).not.toContain('millrace-');
  });
});

test('an S3 store that does not URL-encode the names in its listing has files with any name', async () => {
  await using server = await startS3Server();
  await using spool = openSpool({
    folder: join(await lakeFolder(), 'spool'),
    limitBytes: 1_000_000,
    clock: systemClock,
  });
  for (const name of ['a+b.csv', '100%.csv', 'a%20b.csv']) server.put(name, Buffer.from(`name\n${name}\n`));
  const url = `s3://${PLAIN_BUCKET}?endpoint=${server.origin}`;
  await using source = openSource(sourceOptions({ name: 'lake', url, account: S3_ACCOUNT, spool }));
  const asked = askingFiles({ pattern: '*.csv', format: 'csv' }, 'select name from files order by name');
  expect(await allRows(source, asked, calm)).toEqual([['100%.csv'], ['a%20b.csv'], ['a+b.csv']]);
});

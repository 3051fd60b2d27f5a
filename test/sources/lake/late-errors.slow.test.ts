// Errors of the engine after its first rows have been read. DuckDB's driver does not report them: its stream ends as if the
// result were complete.

import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Extraction } from '../../../src/sources/source.ts';
import { failureOf } from '../source-contract.ts';
import { feature } from '../worlds.ts';
import { askingFiles, calm, lakeFolder, openLake, writeParquet } from './lake-files.ts';

const ROWS = 1_000_000;
const NUMBERS = `select i::varchar as entity_id, i from range(${ROWS}) numbers(i)`;
const view = { features: [feature('amount', 'int')] };

function asking(expression: string): Extraction {
  const query = `select entity_id, {{end}} as timestamp, ${expression} as amount from files`;
  return askingFiles({ pattern: '*.parquet' }, query, view);
}

/** The number of rows, and the error after them. */
async function readOf(folder: string, extraction: Extraction) {
  await using source = openLake(folder);
  let rows = 0;
  const reading = (async () => {
    for await (const batch of source.read(extraction, calm)) rows += batch.rows;
  })();
  const { code, message } = await failureOf(reading);
  return { code, message, hasRows: rows > 0 };
}

describe('lakeSource', () => {
  test('fails with SOURCE_QUERY if a late row breaks the query', async () => {
    const folder = await lakeFolder();
    await writeParquet(join(folder, 'a.parquet'), NUMBERS);
    expect(await readOf(folder, asking(`case when i = ${ROWS - 1} then error('too late') else i end`))).toEqual({
      code: 'SOURCE_QUERY',
      message: expect.stringContaining('too late'),
      hasRows: true,
    });
  });

  test('fails with FILE_BROKEN if the last pages of a file are damaged', async () => {
    const folder = await lakeFolder();
    const path = join(folder, 'a.parquet');
    await writeParquet(path, NUMBERS, ', compression gzip, row_group_size 20000');
    const { size } = await stat(path);
    await using file = await open(path, 'r+');
    await file.write(Buffer.alloc(2_000, 0xaa), 0, 2_000, Math.floor(size * 0.9));
    expect(await readOf(folder, asking('i'))).toEqual({
      code: 'FILE_BROKEN',
      message: expect.stringContaining('a.parquet'),
      hasRows: true,
    });
  });
});

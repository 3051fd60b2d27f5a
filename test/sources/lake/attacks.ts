// Queries that expand small inputs: each must end within the limits of its source, in a separate process, and the next
// reading must succeed.

import { expect } from 'vitest';
import { allRows, failureOf } from '../source-contract.ts';
import { feature } from '../worlds.ts';
import { askingFiles, calm, lakeFolder, openLake } from './lake-files.ts';
import { watchedEngines } from './watched-engines.ts';

const LIMIT_MB = 256;
/** A process before its first query, what a reading may have besides its limit, and what grows between two looks. */
const BESIDES_MIB = 110 + 64 + 100;

export const TOO_LARGE = /needs more memory than 256 MB \(memory_limit_mb/;
export const TOO_LONG = /took longer than \d+s \(statement_timeout/;
export const EITHER = /needs more memory|took longer/;

/** Asks for the expression of each row of a file, where `n` is 20000000. */
export async function endsWithinLimits(expression: string, sentence: RegExp): Promise<void> {
  const folder = await lakeFolder({ 'a.csv': 'entity_id,n\nc1,20000000\n' });
  await using engines = watchedEngines();
  const statementTimeoutMs = sentence === TOO_LARGE ? 30_000 : 3_000;
  await using source = openLake(folder, { engines, memoryLimitMb: LIMIT_MB, statementTimeoutMs });
  const failure = await failureOf(allRows(source, asking(expression), calm));
  expect(engines.peakMiB()).toBeLessThan(LIMIT_MB + BESIDES_MIB);
  expect(failure).toMatchObject({ code: 'SOURCE_QUERY', message: expect.stringMatching(sentence) });
  expect(failure.message).toMatch(/View customer_orders.*raise the limit in millrace\.yaml/);
  expect(await allRows(source, asking('n::varchar'), calm)).toHaveLength(1);
}

function asking(expression: string) {
  const query = `select entity_id, {{end}} as timestamp, ${expression} as amount from files`;
  const files = { pattern: '*.csv', format: 'csv', types: { n: 'int' } } as const;
  return askingFiles(files, query, { features: [feature('amount', 'string')] });
}

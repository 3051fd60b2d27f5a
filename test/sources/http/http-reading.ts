// A server of pages for a test file, and readings of what it answers.

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { epochMsOf } from '../../../src/core/instant.ts';
import { interval } from '../../../src/core/interval.ts';
import { type FeatureView, PAGES_TABLE, type PagedRequest, type ViewFiles } from '../../../src/definition/view.ts';
import { openSource } from '../../../src/sources/index.ts';
import type { Extraction, Source, SourceOptions } from '../../../src/sources/source.ts';
import { calm } from '../lake/lake-files.ts';
import { failureOf, rowsOf } from '../source-contract.ts';
import { eventsView, sourceOptions, tableFiles } from '../worlds.ts';
import { type Answer, type PageServer, startPageServer, status } from './page-server.ts';

export const CURSOR: PagedRequest['pages'] = { next: '$.next', parameter: 'cursor', max: 10_000 };
export const DAY = interval(epochMsOf(Date.UTC(2026, 0, 31)), epochMsOf(Date.UTC(2026, 1, 1)));

export function pagesOf(request: Partial<PagedRequest>, changes: Partial<ViewFiles> = {}): FeatureView['files'] {
  const table = {
    format: 'json',
    records: '$.data',
    request: { path: '/v1/users', pages: CURSOR, ...request },
  } as const;
  return { [PAGES_TABLE]: tableFiles({ ...table, ...changes }) };
}

/** Of the tests of the file that called `useServer`. */
export let server: PageServer;

/** A server for the tests of this file, which each of them finds without requests. */
export function useServer(): void {
  beforeAll(async () => {
    server = await startPageServer(status(404));
  });
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(() => {
    server.requests.length = 0;
    server.headers.length = 0;
    server.answers.length = 0;
  });
}

export function open(changes: Partial<SourceOptions> = {}): Source {
  return openSource(sourceOptions({ name: 'engine', url: `${server.origin}/api?tenant=7`, ...changes }));
}

export function asking(files: FeatureView['files'], changes: Partial<FeatureView> = {}): Extraction {
  return { view: eventsView({ query: 'select * from pages', files, ...changes }), span: DAY };
}

export type Read = { rows: (string | null)[][]; notes: readonly string[] };

export async function reading(
  answers: readonly (Answer | null)[],
  files = pagesOf({}),
  changes: Partial<SourceOptions> = {},
): Promise<Read> {
  server.answers.push(...answers);
  await using source = open(changes);
  const opened = await source.open?.(asking(files), calm);
  if (opened === undefined) throw new Error('an HTTP source opens readings');
  await using found = opened;
  const rows: (string | null)[][] = [];
  for await (const batch of found.rows()) rows.push(...rowsOf(batch));
  return { rows, notes: found.notes ?? [] };
}

export async function messageOf(
  answers: readonly Answer[],
  files = pagesOf({}),
  changes: Partial<SourceOptions> = {},
): Promise<string> {
  const failure = await failureOf(reading(answers, files, changes));
  return `${failure.code}: ${failure.message.replaceAll(server.origin, 'ORIGIN')}`;
}

export const times = (count: number, answer: Answer) => Array.from({ length: count }, () => answer);

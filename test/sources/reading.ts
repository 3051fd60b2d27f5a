// Readings of a source by a query about the current state, for tests of sources over databases.

import { expect } from 'vitest';
import type { FeatureView } from '../../src/definition/view.ts';
import type { Source } from '../../src/sources/source.ts';
import { allRows, failureOf } from './source-contract.ts';
import { eventsView } from './worlds.ts';

/** A signal that is never aborted. */
export const calm = new AbortController().signal;

export function asking(query: string, changes: Partial<FeatureView> = {}) {
  return { view: eventsView({ query, kind: 'latest', ...changes }), span: null };
}

export function rowsOfQuery(source: Source, query: string): Promise<(string | null)[][]> {
  return allRows(source, asking(query), calm);
}

/** The columns, as type and native type, and the rows of a query. */
export async function answerOf(source: Source, query: string, changes: Partial<FeatureView> = {}) {
  const extraction = asking(query, changes);
  const columns = await source.describe(extraction, calm);
  const rows = await allRows(source, { ...extraction, columns }, calm);
  return { columns: columns.map(({ type, nativeType }) => [type, nativeType]), rows };
}

/** Code and message of the failure of a query. */
export async function refusalOf(source: Source, query: string, changes: Partial<FeatureView> = {}) {
  const { code, message } = await failureOf(allRows(source, asking(query, changes), calm));
  return [code, message] as const;
}

/** What `refusalOf` is expected to be. */
export function saying(code: string, words: RegExp): readonly unknown[] {
  return [code, expect.stringMatching(words)];
}

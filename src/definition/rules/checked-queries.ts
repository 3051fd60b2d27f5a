// Hands the queries of views to a checker, and places what it finds in their files.

import { keyColumnSets, keyColumns } from '../entity.ts';
import type { ConfigFile } from '../files/config-file.ts';
import type { ViewFile } from '../files/view-file.ts';
import { parseView } from '../parse/parse-view.ts';
import type { QueryChecker, QueryToCheck } from '../query/query-problem.ts';
import { unknownPlaceholders } from '../query/template.ts';
import { DEFAULT_SOURCE, type FeatureView } from '../view.ts';
import type { Draft } from '../yaml/load-files.ts';
import type { Problem } from '../yaml/problem.ts';
import { isReadable } from './query-rules.ts';
import { dialectOf, type KnownKind } from './scheme-rules.ts';

export type CheckedQueries = { readonly errors: readonly Problem[]; readonly warnings: readonly Problem[] };

export const NO_CHECKED_QUERIES: CheckedQueries = { errors: [], warnings: [] };

type Draftwise = {
  readonly draft: Draft<ViewFile>;
  readonly query: QueryToCheck;
  readonly path: readonly string[];
};

/** Checks the query of each view, except those that a parser cannot read. */
export async function checkedQueries(
  sources: ConfigFile['sources'] | undefined,
  drafts: readonly Draft<ViewFile>[],
  kinds: readonly KnownKind[],
  check: QueryChecker,
): Promise<CheckedQueries> {
  const asked = drafts.flatMap((draft): Draftwise[] => {
    const query = queryOf(draft, sources ?? {}, kinds);
    const own = query === null || !isReadable(draft) ? [] : [{ draft, query, path: ['query'] }];
    return [...own, ...queriedIn(draft, sources ?? {}, kinds)];
  });
  const found = await check(asked.map(({ query }) => query));
  const placed = (severity: 'error' | 'warning') =>
    asked.flatMap(({ draft: { yaml }, path }, index) =>
      (found[index] ?? [])
        .filter((problem) => problem.severity === severity)
        .map(({ at, message }) => yaml.problemInText([...path], at, `\`${path.join('.')}\`: ${message}`)),
    );
  return { errors: placed('error'), warnings: placed('warning') };
}

/** The queries of tables from other sources. They may return any columns. */
function queriedIn(
  draft: Draft<ViewFile>,
  sources: NonNullable<ConfigFile['sources']>,
  kinds: readonly KnownKind[],
): Draftwise[] {
  const { kind, tables = {} } = draft.sound;
  if (kind === undefined || kind === 'pushed') return [];
  return Object.entries(tables).flatMap(([name, { source = '', query }]) => {
    if (query === undefined || unknownPlaceholders(query, 'postgres').length > 0) return [];
    const checked = { query, dialect: dialectOf(sources[source], kinds), kind, keys: [], columns: null };
    return [{ draft, query: { ...checked, optional: [], tables: {} }, path: ['tables', name, 'query'] }];
  });
}

function queryOf(
  { sound, whole, written }: Draft<ViewFile>,
  sources: NonNullable<ConfigFile['sources']>,
  kinds: readonly KnownKind[],
): QueryToCheck | null {
  const { query, kind } = sound;
  if (typeof query !== 'string' || kind === undefined || kind === 'pushed') return null;
  const view = whole === null ? null : parseView(whole);
  const isOverFiles = written.has('files') || written.has('tables') || written.has('path');
  // The tables are known only if the rest of the view is valid.
  if (isOverFiles && view === null) return null;
  const dialect = isOverFiles ? 'duckdb' : dialectOf(sources[sound.source ?? DEFAULT_SOURCE], kinds);
  return { query, dialect, kind, ...returnedBy(view), tables: tablesOf(view) };
}

/** The columns of the query. */
function returnedBy(view: FeatureView | null): Pick<QueryToCheck, 'keys' | 'columns' | 'optional'> {
  if (view === null) return { keys: [], columns: null, optional: [] };
  const { pivot, features } = view;
  if (pivot !== undefined) {
    return { keys: [keyColumns(view)], columns: ['timestamp', pivot.name, pivot.value], optional: [] };
  }
  const columns = ['timestamp', ...features.map(({ column }) => column)];
  return { keys: keyColumnSets(view), columns, optional: ['tie_break'] };
}

function tablesOf(view: FeatureView | null): QueryToCheck['tables'] {
  const tables = Object.entries(view?.files ?? {});
  // As with Parquet files, nothing is known about the columns of tables from other sources.
  const others = Object.keys(view?.queried ?? {}).map((name) => [name, { format: 'parquet', types: {} }] as const);
  return Object.fromEntries([
    ...tables.map(
      ([name, { format, types, csv }]) => [name, { format, types: { ...headerOf(csv?.header), ...types } }] as const,
    ),
    ...others,
  ]);
}

/** A header in the view names columns of text. */
function headerOf(header: readonly string[] = []): Record<string, 'string'> {
  return Object.fromEntries(header.map((column) => [column, 'string']));
}

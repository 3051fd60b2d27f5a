// A query to check, with what most of the cases have in common.

import type { QueryProblem, QueryToCheck } from '../../../src/definition/query/query-problem.ts';

/** A query of an events view with the feature `value`. */
export function checked(changes: Partial<QueryToCheck> & { readonly query: string }): QueryToCheck {
  return {
    dialect: 'postgres',
    kind: 'events',
    keys: [],
    columns: ['entity_id', 'timestamp', 'value'],
    optional: ['tie_break'],
    tables: {},
    ...changes,
  };
}

/** A query over CSV files. */
export function lake(query: string, changes: Partial<QueryToCheck> = {}): QueryToCheck {
  const tables = { files: { format: 'csv', types: {} } } as const;
  return checked({ query, dialect: 'duckdb', kind: 'snapshot', tables, ...changes });
}

/** `2:5 word: message`: the line, the column and the word that a problem points at. */
export function shownProblem({ query }: QueryToCheck, { at, message }: QueryProblem): string {
  const before = query.slice(0, at);
  const line = before.split('\n').length;
  const word = /^(?:[\w{}$]+|\S?)/.exec(query.slice(at))?.[0] ?? '';
  return `${line}:${at - before.lastIndexOf('\n')} ${word}: ${message}`;
}

// Problems in the text of queries, and what a check of queries needs to know.

import type { FieldType } from '../../feature-types/index.ts';
import type { FileFormat } from '../view.ts';
import type { SqlDialect } from './sql-text.ts';

export type QueryProblem = {
  /** An offset into the query. */
  readonly at: number;
  /** The rest of a sentence about the query. */
  readonly message: string;
  /** A query with an error is refused. */
  readonly severity: 'error' | 'warning';
};

/** A table of a query over files. */
export type CheckedTable = { readonly format: FileFormat; readonly types: Readonly<Record<string, FieldType>> };

export type QueryToCheck = {
  readonly query: string;
  /** Null if the source may be any database. */
  readonly dialect: SqlDialect | null;
  readonly kind: 'events' | 'snapshot' | 'latest';
  /** The columns that may identify an entity: one set of them must be there. */
  readonly keys: readonly (readonly string[])[];
  /** The other columns of the view except optional ones; null if the view has other problems. */
  readonly columns: readonly string[] | null;
  /** Columns that a query may return in addition. */
  readonly optional: readonly string[];
  /** Of a query over files: the tables that it can use. */
  readonly tables: Readonly<Record<string, CheckedTable>>;
};

/**
 * Checks queries without a server. Returns the problems of each query. What a parser is not sure about is not a problem.
 */
export type QueryChecker = (queries: readonly QueryToCheck[]) => Promise<readonly (readonly QueryProblem[])[]>;

export function queryError(at: number, message: string): QueryProblem {
  return { at, message, severity: 'error' };
}

export function queryWarning(at: number, message: string): QueryProblem {
  return { at, message, severity: 'warning' };
}

// The query of a view: written by the user, or compiled from what the view declares or pivots.

import { declaredSql } from '../declared/sql/compile.ts';
import { pivotSql } from '../pivot/pivot-sql.ts';
import type { FeatureView } from '../view.ts';
import type { SqlDialect } from './sql-text.ts';

/** The SQL with its placeholders, in the dialect of the source; null for a view with `columns` instead. */
export function queryOf(
  view: Pick<FeatureView, 'entity' | 'query' | 'declared' | 'pivot' | 'features'>,
  dialect: SqlDialect,
): string | null {
  const { declared, pivot, query } = view;
  if (declared !== undefined) return declaredSql(view, declared, dialect);
  return pivot === undefined || query === null ? query : pivotSql(view, query, pivot, dialect);
}

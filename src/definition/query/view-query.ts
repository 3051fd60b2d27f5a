// The query of a view: written by the user, or compiled from what the view declares.

import { declaredSql } from '../declared/sql/compile.ts';
import type { FeatureView } from '../view.ts';
import type { SqlDialect } from './sql-text.ts';

/** The SQL with its placeholders, in the dialect of the source; null for a view with `columns` instead. */
export function queryOf(
  view: Pick<FeatureView, 'entity' | 'query' | 'declared' | 'features'>,
  dialect: SqlDialect,
): string | null {
  return view.declared === undefined ? view.query : declaredSql(view, view.declared, dialect);
}

// Refuses to read a declared view over columns whose values a database would count wrong without an error: MySQL reads text
// as 0, for example. `validate --connect` finds them too, but it is optional, and a column can change.

import type { SqlDialect } from '../definition/query/sql-text.ts';
import { typeFinding } from './declared-check.ts';
import type { Source } from './source.ts';

/** A database whose `describe`, which precedes each reading, throws SOURCE_SHAPE for such columns of views with `from`. */
export function withTypesChecked(source: Source, dialect: SqlDialect): Source {
  return {
    ...source,
    async describe(extraction, signal) {
      const columns = await source.describe(extraction, signal);
      const { view, span } = extraction;
      const { declared } = view;
      const finding =
        declared === undefined ? null : await typeFinding({ source, view, declared, dialect, span, signal });
      if (finding !== null) throw finding.failure;
      return columns;
    },
  };
}

// Compiles the query of a view with `pivot`: one row for each entity and time, with a column for each feature.
//
// Values are text, so that each feature reads its own type from the one column of values. Two rows with the same name are not
// resolved: REPEATED_COLUMN names the feature, and the row check refuses the row.

import { DIALECTS } from '../declared/sql/dialects.ts';
import { keyColumns } from '../entity.ts';
import { withoutEnding } from '../query/query-ending.ts';
import type { SqlDialect } from '../query/sql-text.ts';
import type { FeatureView } from '../view.ts';
import { PIVOT_END, PIVOT_START, type Pivot, REPEATED_COLUMN } from './pivot.ts';

/** The query with its placeholders. */
export function pivotSql(
  view: Pick<FeatureView, 'entity' | 'features'>,
  query: string,
  pivot: Pivot,
  to: SqlDialect,
): string {
  const dialect = DIALECTS[to];
  const column = (name: string) => `t.${dialect.name(name)}`;
  const keys = keyColumns(view);
  const names = view.features.map((feature) => feature.column);
  const written = dialect.exact(dialect.text(column(pivot.name)));
  const literal = (name: string) => dialect.exact(dialect.literal({ text: name }));
  const isNamed = (name: string) => `${written} = ${literal(name)}`;
  const repeats = names.map((name) => {
    const rows = dialect.filtered((each) => `count(${each})`, '1', isNamed(name));
    return `when ${rows} > 1 then ${dialect.literal({ text: name })}`;
  });
  const selected = [
    ...keys.map((key) => `${dialect.key(column(key))} as ${dialect.name(key)}`),
    `${column('timestamp')} as ${dialect.name('timestamp')}`,
    ...names.map((name) => `${dialect.extreme('max', column(pivot.value), isNamed(name))} as ${dialect.name(name)}`),
    `case ${repeats.join(' ')} end as ${dialect.name(REPEATED_COLUMN)}`,
  ];
  const group = [...keys.map((key) => dialect.exact(column(key))), column('timestamp')];
  return [
    `${PIVOT_START}${withoutEnding(query, to)}${PIVOT_END}${selected.join(',\n  ')}`,
    'from millrace_rows as t',
    `where ${written} in (${names.map(literal).join(', ')})`,
    `group by ${group.join(', ')}`,
  ].join('\n');
}

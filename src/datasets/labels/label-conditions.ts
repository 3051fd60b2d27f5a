// Conditions that no row of staged labels may meet.

import type { Session } from '../../postgres/session.ts';

/** A column, and a condition about it in SQL. */
export type ColumnCondition<Column> = { readonly column: Column; readonly sql: string };

/** The first column whose condition is true of any row of the table; null if there is none. Reads the table once, if at all. */
export async function firstColumnWhere<Column>(
  session: Session,
  table: string,
  conditions: readonly ColumnCondition<Column>[],
): Promise<Column | null> {
  if (conditions.length === 0) return null;
  const any = conditions.map(({ sql }) => `coalesce(bool_or(${sql}), false)`);
  const [row] = await session.query<{ found: boolean[] }>(
    `select to_json(array[${any.join(', ')}]) as found from ${table}`,
  );
  return conditions[row?.found.indexOf(true) ?? -1]?.column ?? null;
}

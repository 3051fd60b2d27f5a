// Times of labels that files would lose: DuckDB reads a timestamptz outside of its range as null, and a date before the year 1 as
// one after it.

import type { Dataset } from '../../definition/dataset.ts';
import type { FileType } from '../../feature-types/file-type.ts';
import type { Session } from '../../postgres/session.ts';
import { unfitValue } from '../write-failure.ts';
import type { LabelColumn } from './label-columns.ts';
import { firstColumnWhere } from './label-conditions.ts';

/** @throws Failure CHECK_FAILED naming the column of such a time. */
export async function requireKnownTimes(
  session: Session,
  { name }: Pick<Dataset, 'name'>,
  table: string,
  columns: readonly LabelColumn[],
): Promise<void> {
  // Those of labels are within the span of the set.
  const lost = columns.flatMap(({ name: column, role, fileType: type }, index) => {
    const sql = role === 'value' ? lostSql(type, `c${index}`) : null;
    return sql === null ? [] : [{ column: { name: column, type }, sql }];
  });
  const bad = await firstColumnWhere(session, table, lost);
  if (bad !== null) throw unfitValue(name, bad);
}

/** SQL: whether a value is lost; null for types without such values. */
function lostSql(type: FileType, column: string): string | null {
  const isEarly = `${column} < '0001-01-01' and ${column} > '-infinity'`;
  if (type === 'date') return isEarly;
  if (type !== 'timestamp' && type !== 'timestamptz') return null;
  return `${isEarly} or ${column} >= '294247-01-10' and ${column} < 'infinity'`;
}

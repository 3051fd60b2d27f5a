// Numbers of labels that JSON does not have: DuckDB would write a bare NaN, and programs that read JSON refuse the whole file.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { Dataset } from '../../definition/dataset.ts';
import type { Session } from '../../postgres/session.ts';
import type { LabelColumn } from './label-columns.ts';
import { firstColumnWhere } from './label-conditions.ts';

/**
 * Those of features are finite. Parquet and CSV keep them all.
 *
 * @throws Failure CHECK_FAILED naming the column of a number that is NaN or infinite.
 */
export async function requireFinite(
  session: Session,
  { name }: Pick<Dataset, 'name'>,
  table: string,
  columns: readonly LabelColumn[],
): Promise<void> {
  const special = columns.flatMap(({ name: column, fileType }, index) =>
    fileType === 'double' ? [{ column, sql: `c${index} in ('NaN', 'Infinity', '-Infinity')` }] : [],
  );
  const bad = await firstColumnWhere(session, table, special);
  if (bad === null) return;
  throw new Failure(
    'CHECK_FAILED',
    text`The column ${safe(bad)} of the labels of ${safe(name)} has numbers that are NaN or infinite, which JSON cannot represent: exclude these labels, return null instead, or use \`format: parquet\` or \`format: csv\`.`,
    { dataset: name },
  );
}

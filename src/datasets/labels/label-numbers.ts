// Numbers of labels that JSON does not have: DuckDB would write a bare NaN, and programs that read JSON refuse the whole file.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { Dataset } from '../../definition/dataset.ts';
import type { Session } from '../../postgres/session.ts';
import type { LabelColumn } from './label-columns.ts';

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
  const floats = columns.flatMap(({ name: column, fileType }, index) =>
    fileType === 'double' ? [{ column, sql: `c${index} in ('NaN', 'Infinity', '-Infinity')` }] : [],
  );
  if (floats.length === 0) return;
  const [found] = await session.query<{ special: boolean[] }>(
    `select to_json(array[${floats.map(({ sql }) => `coalesce(bool_or(${sql}), false)`).join(', ')}]) as special from ${table}`,
  );
  const bad = floats[found?.special.indexOf(true) ?? -1];
  if (bad === undefined) return;
  throw new Failure(
    'CHECK_FAILED',
    text`The column ${safe(bad.column)} of the labels of ${safe(name)} has numbers that are NaN or infinite, which JSON cannot represent: exclude these labels, return null instead, or use \`format: parquet\` or \`format: csv\`.`,
    { dataset: name },
  );
}

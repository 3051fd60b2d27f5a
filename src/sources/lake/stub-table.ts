// A table without rows that stands for files which are not looked at.

import type { CheckedTable } from '../../definition/query/query-problem.ts';
import { fileCastOf } from '../../feature-types/index.ts';
import { quotedName } from '../formats/quote.ts';
import type { SpelledNames } from './spelled-names.ts';

/**
 * A SELECT with the columns that the view declares and those that its query spells. In CSV and JSON a column without a
 * declared type is text. Nothing is known about the columns of Parquet files.
 */
export function stubTable({ format, types }: CheckedTable, names: SpelledNames | null): string {
  if (format === 'parquet') return 'select 1 as "#file" where false';
  const declared = new Map(Object.entries(types).map(([column, type]) => [column.toLowerCase(), type]));
  const spelled = (names?.columns ?? []).filter((column) => !declared.has(column.toLowerCase()));
  const fields = [...Object.keys(types), ...spelled].map((column) => {
    const cast = fileCastOf(declared.get(column.toLowerCase()) ?? 'string');
    return `${cast?.value('null::varchar') ?? 'null::varchar'} as ${quotedName(column)}`;
  });
  return `select ${[...fields, 'null::varchar as "#file"'].join(', ')} where false`;
}

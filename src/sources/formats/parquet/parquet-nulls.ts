// Columns without values in a file. Their types have no meaning if other files have other types: pandas writes a text column as
// floats if it is null in all rows.

import type { Engine } from '../../lake/duckdb.ts';
import type { NamedColumns } from '../named-columns.ts';
import { quotedName } from '../quote.ts';
import { tableType, widerType } from '../widened-type.ts';
import { type ParquetColumn, parquetReader } from './parquet-schema.ts';
import type { ParquetFile } from './parquet-sql.ts';

/** The file with the type NULL for those of its columns that are null in all rows, if their type is different elsewhere. */
export async function withNullTypes(
  engine: Engine,
  file: ParquetFile,
  differing: ReadonlySet<string>,
): Promise<ParquetFile> {
  const asked = file.columns.filter((column) => isTyped(column) && differing.has(column.name.toLowerCase()));
  if (asked.length === 0) return file;
  const counts = asked.map(({ readAs }) => `count(${quotedName(readAs)})::varchar`);
  const [found = []] = await engine.rows(`select ${counts.join(', ')} from ${parquetReader(file)}`);
  const empty = new Set(asked.filter((_, index) => found[index] === '0').map(({ name }) => name));
  const columns = file.columns.map((column) => (empty.has(column.name) ? { ...column, type: 'NULL' } : column));
  return { ...file, columns };
}

/** The columns, in lower case, whose types in the files cannot be held by one type, or only by the type of some of them. */
export function differingColumns(files: readonly ParquetFile[], named: NamedColumns): ReadonlySet<string> {
  const typed = files.flatMap(({ columns }) => columns.filter((column) => isTyped(column) && named.has(column.name)));
  const alike = Map.groupBy(typed, ({ name }) => name.toLowerCase());
  const differing = [...alike].filter(([, columns]) => isDiffering(columns.map(({ type }) => tableType(type))));
  return new Set(differing.map(([name]) => name));
}

/** Whether it matters which of these types have values: integers of other files become floats if any file has floats. */
function isDiffering([first = '', ...rest]: readonly string[]): boolean {
  let wider: string | null = first;
  for (const type of rest) wider = wider === null ? null : widerType(wider, type);
  return wider === null || (wider === 'DOUBLE' && [first, ...rest].some((type) => !FLOATS.has(type)));
}

const FLOATS = new Set(['FLOAT', 'DOUBLE']);

function isTyped({ type, problem }: ParquetColumn): boolean {
  return problem === null && type !== 'NULL';
}

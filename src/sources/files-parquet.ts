// Parquet files as a table with the types of the files. A column must have one type in all of them: DuckDB would round a
// double to the integer that the first file has.

import { Failure } from '../core/failure.ts';
import type { FeatureView } from '../definition/view.ts';
import { duckdbMessage, type Engine, told } from './duckdb.ts';
import { commonColumns, type FilesTable, fileList, quotedName, quotedText, type TableFile } from './files-table.ts';

/** The table of the files. @throws Failure FILE_BROKEN for one that is no Parquet file, SOURCE_SHAPE where types differ. */
export async function parquetTable(
  engine: Engine,
  view: FeatureView,
  files: readonly TableFile[],
  purpose: 'describe' | 'read',
): Promise<FilesTable> {
  const described: DescribedFile[] = [];
  for (const file of files) {
    const types = await orBroken(view, file, () => columnTypes(engine, file));
    if (purpose === 'read') await orBroken(view, file, () => requireAllElements(engine, file, types));
    described.push({ name: file.name, types });
  }
  requireSameTypes(view, described);
  const { columns, partial } = commonColumns(
    described.map(({ name, types }) => ({ name, columns: [...types.keys()] })),
  );
  const selected = columns.map(quotedName).join(', ');
  const sql = `select ${selected} from read_parquet(${fileList(files)}, hive_partitioning = false, union_by_name = true)`;
  return { sql, sqlWhenAllFit: sql, misfits: null, partial };
}

type DescribedFile = { readonly name: string; readonly types: ReadonlyMap<string, string> };

async function columnTypes(engine: Engine, file: TableFile): Promise<ReadonlyMap<string, string>> {
  const rows = await engine.rows(`select column_name, column_type from (describe select * from ${reader(file)})`);
  return new Map(rows.map(([column, type]) => [column ?? '', type ?? '']));
}

function reader({ path }: TableFile): string {
  return `read_parquet(${quotedText(path)}, hive_partitioning = false)`;
}

async function orBroken<T>(view: FeatureView, file: TableFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Neither an abort nor a timeout says anything about the file.
    const problem = duckdbMessage(error);
    if (problem === null) throw error;
    throw brokenParquet(file, told(view, problem), view.redacted ? undefined : error);
  }
}

/**
 * The lists of a file must have as many elements as its footer says: DuckDB drops, without a word, elements that come
 * before the first row begins. (Only lists of plain values; deeper ones have no such count.)
 */
async function requireAllElements(engine: Engine, file: TableFile, types: ReadonlyMap<string, string>): Promise<void> {
  const lists = [...types].filter(([, type]) => /^[^[(]*\[\]$/.test(type)).map(([column]) => column);
  for (const column of lists) {
    const [counts] = await engine.rows(
      `select (select sum(greatest(1, coalesce(len(${quotedName(column)}), 1))) from ${reader(file)})::varchar,
              (select sum(num_values) from parquet_metadata(${quotedText(file.path)})
                where starts_with(path_in_schema, ${quotedText(`${column}, `)}))::varchar`,
    );
    const [read, promised] = counts ?? [];
    if (read === promised) continue;
    throw brokenParquet(file, `its list ${column} has ${read} elements where its footer says ${promised}`);
  }
}

function brokenParquet({ name }: TableFile, problem: string, cause?: unknown): Failure {
  return new Failure('FILE_BROKEN', `${name} is no readable Parquet file: ${problem}.`, { file: name }, cause);
}

function requireSameTypes(view: FeatureView, files: readonly DescribedFile[]): void {
  const first = new Map<string, { type: string; file: string }>();
  for (const { name, types } of files) {
    for (const [column, type] of types) {
      const seen = first.get(column);
      if (seen === undefined) first.set(column, { type, file: name });
      else if (seen.type !== type) {
        throw new Failure(
          'SOURCE_SHAPE',
          `View ${view.name}: column ${column} is ${seen.type} in ${seen.file} and ${type} in ${name}; it must have one type.`,
          { view: view.name, file: name },
        );
      }
    }
  }
}

// The columns that the query of a reading yields.

import type { FeatureView } from '../../definition/view.ts';
import { entryOf } from '../../feature-types/index.ts';
import type { Column } from '../../rows/batch.ts';
import { quotedName } from '../formats/quote.ts';
import type { Engine } from './duckdb.ts';
import { duckdbMessage } from './engine/errors.ts';
import type { BuiltTable } from './table.ts';
import { wantedColumns } from './wanted-columns.ts';

type Asked = { readonly view: FeatureView; readonly query: string; readonly tables: readonly BuiltTable[] };

/**
 * The query's columns; afterwards the engine has it prepared. A decimal of a Parquet file has the zeros of its type; those
 * of csv and json have a scale that is ours, and show none.
 */
export async function queryColumns(engine: Engine, asked: Asked): Promise<readonly Column[]> {
  const zeros = asked.tables.every(({ files }) => files.format === 'parquet') ? 'keep' : 'strip';
  const marked = await markedColumns(engine, asked);
  const found = await engine.prepareSelect(asked.query, zeros);
  const isUntyped = (index: number) => marked[index]?.nativeType === 'UUID' && found[index]?.nativeType !== 'UUID';
  const nameOf = wantedNames(asked.view, found);
  return found.map((column, index) => {
    const name = nameOf(column.name);
    if (!isUntyped(index)) return { ...column, name };
    return { name, type: typeOfNulls(asked.view, name), nativeType: 'NULL' };
  });
}

/**
 * DuckDB names a column as its file does, whatever the query writes, and `select amount` over a file's Amount is no
 * mistake. The view's own spelling, where only one column has it.
 */
function wantedNames(view: FeatureView, found: readonly Column[]): (name: string) => string {
  const wanted = wantedColumns(view);
  const alike = Map.groupBy(found, ({ name }) => name.toLowerCase());
  return (name) => {
    const isOnly = alike.get(name.toLowerCase())?.length === 1;
    return (isOnly ? wanted.find((each) => each.toLowerCase() === name.toLowerCase()) : undefined) ?? name;
  };
}

/**
 * The query's columns where each column of the files without any value is a UUID; none where all have values. Such a column
 * must have some type, and DuckDB says INTEGER: what becomes UUID with it has no type of its own.
 */
async function markedColumns(engine: Engine, { query, tables }: Asked): Promise<readonly Column[]> {
  const untyped = tables.filter(({ table }) => table.untyped.length > 0);
  if (untyped.length === 0) return [];
  const view = (name: string) => `create or replace temp view ${quotedName(name)} as`;
  for (const { name, table } of untyped) {
    const marked = table.untyped.map((column) => `null::uuid as ${quotedName(column)}`).join(', ');
    await engine.run(`${view(name)} select * replace (${marked}) from (${table.sql})`);
  }
  let marked: readonly Column[] = [];
  try {
    marked = await engine.prepareSelect(query, 'keep');
  } catch (error) {
    // What the query does with them, no UUID can do: then it has the types that it gives.
    if (duckdbMessage(error) === null) throw error;
  }
  for (const { name, table } of untyped) await engine.run(`${view(name)} ${table.sql}`);
  return marked;
}

/** A null is of any type. */
function typeOfNulls({ features }: FeatureView, name: string) {
  const feature = features.find(({ column }) => column === name);
  return (feature === undefined ? undefined : entryOf(feature.type).columns[0]) ?? 'text';
}

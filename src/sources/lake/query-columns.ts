// The columns that the query of a reading yields.

import type { DuckDBType } from '@duckdb/node-api';
import type { FeatureView } from '../../definition/view.ts';
import { columnTypesOf } from '../../rows/layout.ts';
import { quotedName } from '../formats/files-table.ts';
import { duckdbMessage, type Engine } from './duckdb.ts';
import { type TextColumn, textColumn } from './duckdb-text.ts';
import type { BuiltTable } from './reading.ts';

type Asked = { readonly view: FeatureView; readonly query: string; readonly tables: readonly BuiltTable[] };

/**
 * The query's columns as text. A decimal of a Parquet file has the zeros of its type; those of csv and json have a scale
 * that is ours, and show none.
 */
export async function queryColumns(engine: Engine, asked: Asked): Promise<TextColumn[]> {
  const zeros = asked.tables.every(({ files }) => files.format === 'parquet') ? 'keep' : 'strip';
  const found = await preparedColumns(engine, asked.query);
  const isUntyped = await untypedAmong(engine, asked, found);
  const nameOf = wantedNames(asked.view, found);
  return found.map(({ name, type }, index) => {
    const column = textColumn(nameOf(name), type, zeros);
    return isUntyped(index) ? { ...column, type: typeOfNulls(asked.view, column.name), nativeType: 'NULL' } : column;
  });
}

type Prepared = { readonly name: string; readonly type: DuckDBType };

async function preparedColumns(engine: Engine, query: string): Promise<Prepared[]> {
  const prepared = await engine.prepareSelect(query);
  const columns = Array.from({ length: prepared.columnCount }, (_, index) => ({
    name: prepared.columnName(index),
    type: prepared.columnType(index),
  }));
  prepared.destroySync();
  return columns;
}

/** What a query may yield for the view. */
export function wantedColumns({ features }: FeatureView): readonly string[] {
  return ['entity_id', 'timestamp', 'tie_break', ...features.map(({ column }) => column)];
}

/**
 * DuckDB names a column as its file does, whatever the query writes, and `select amount` over a file's Amount is no
 * mistake. The view's own spelling, where only one column has it.
 */
function wantedNames(view: FeatureView, found: readonly Prepared[]): (name: string) => string {
  const wanted = wantedColumns(view);
  const alike = Map.groupBy(found, ({ name }) => name.toLowerCase());
  return (name) => {
    const isOnly = alike.get(name.toLowerCase())?.length === 1;
    return (isOnly ? wanted.find((each) => each.toLowerCase() === name.toLowerCase()) : undefined) ?? name;
  };
}

/**
 * Which columns of the query have a type only because a column of the files without any value must have one. DuckDB says
 * INTEGER for those; where they become UUID with it, they have no type of their own.
 */
async function untypedAmong(engine: Engine, { query, tables }: Asked, found: readonly Prepared[]) {
  const untyped = tables.filter(({ table }) => table.untyped.length > 0);
  if (untyped.length === 0) return () => false;
  const view = (name: string) => `create or replace temp view ${quotedName(name)} as`;
  for (const { name, table } of untyped) {
    const marked = table.untyped.map((column) => `null::uuid as ${quotedName(column)}`).join(', ');
    await engine.run(`${view(name)} select * replace (${marked}) from (${table.sql})`);
  }
  let marked: readonly Prepared[] = [];
  try {
    marked = await preparedColumns(engine, query);
  } catch (error) {
    // What the query does with them, no UUID can do: then it has the types that it gives.
    if (duckdbMessage(error) === null) throw error;
  }
  for (const { name, table } of untyped) await engine.run(`${view(name)} ${table.sql}`);
  return (index: number) => String(marked[index]?.type) === 'UUID' && String(found[index]?.type) !== 'UUID';
}

/** A null is of any type. */
function typeOfNulls({ features }: FeatureView, name: string) {
  const feature = features.find(({ column }) => column === name);
  return (feature === undefined ? undefined : columnTypesOf(feature.type)[0]) ?? 'text';
}

// The columns that the query of a reading returns.

import type { FeatureView } from '../../definition/view.ts';
import { entryOf } from '../../feature-types/index.ts';
import type { Column } from '../../rows/batch.ts';
import { quotedName } from '../formats/quote.ts';
import type { Engine } from './duckdb.ts';
import { duckdbMessage } from './engine/errors.ts';
import type { BuiltTable } from './table.ts';
import { wantedColumns } from './wanted-columns.ts';

type LakeQuery = { readonly view: FeatureView; readonly query: string; readonly tables: readonly BuiltTable[] };

/**
 * The query's columns. Afterwards the query is prepared. A decimal of a Parquet file keeps the zeros of its type. The scale of
 * decimals in CSV and JSON is internal, so their trailing zeros are removed.
 */
export async function queryColumns(engine: Engine, asked: LakeQuery): Promise<readonly Column[]> {
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
 * DuckDB returns the name of a column as in its file, so `select amount` over a file's Amount returns Amount. This gives the
 * view's spelling, if only one column matches.
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
 * The query's columns when each column or field without a type is a UUID; empty if all have one. DuckDB gives such a column the type
 * INTEGER. A result column that becomes UUID therefore has no type.
 */
async function markedColumns(engine: Engine, { query, tables }: LakeQuery): Promise<readonly Column[]> {
  const untyped = tables.filter(({ table }) => table.untyped.length > 0);
  if (untyped.length === 0) return [];
  const view = (name: string) => `create or replace temp view ${quotedName(name)} as`;
  for (const { name, table } of untyped) {
    const marked = table.untyped.map(({ column, marked: type }) => `null::${type} as ${quotedName(column)}`).join(', ');
    await engine.run(`${view(name)} select * replace (${marked}) from (${table.sql})`);
  }
  let marked: readonly Column[] = [];
  try {
    marked = await engine.prepareSelect(query, 'keep');
  } catch (error) {
    // The query does something with them that a UUID does not allow, so it determines their type.
    if (duckdbMessage(error) === null) throw error;
  }
  for (const { name, table } of untyped) await engine.run(`${view(name)} ${table.sql}`);
  return marked;
}

/** Nulls match any type. */
function typeOfNulls({ features }: FeatureView, name: string) {
  const feature = features.find(({ column }) => column === name);
  return (feature === undefined ? undefined : entryOf(feature.type).columns[0]) ?? 'text';
}

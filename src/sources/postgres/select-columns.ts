// The names of the columns that a parsed SELECT returns, as FigureColname of Postgres' parse_target.c gives them.

import { nodeOf, type SyntaxNode } from '../../sql-parser/postgres.ts';

/** A column, and the offset of its expression in bytes. */
export type SelectColumn = { readonly name: string; readonly bytes: number };

/** The columns of a SELECT; null if its text alone does not show all of them. */
export function selectColumns(select: SyntaxNode): readonly SelectColumn[] | null {
  const left = nodeOf(select['larg']);
  // The first SELECT of a union names its columns.
  if (left !== null) return selectColumns(left);
  const targets = listOf(select['targetList']).map((target) => nodeOf(nodeOf(target)?.['ResTarget']));
  const columns = targets.map(columnOf);
  return columns.length === 0 || columns.includes(null) ? null : columns.filter((column) => column !== null);
}

function columnOf(target: SyntaxNode | null): SelectColumn | null {
  if (target === null) return null;
  const name = typeof target['name'] === 'string' ? target['name'] : nameOf(target['val']);
  return name === null ? null : { name, bytes: Number(target['location'] ?? 0) };
}

/** The name of an expression without an alias; null for other than the usual ones, and for stars. */
function nameOf(expression: unknown): string | null {
  const node = nodeOf(expression);
  if (node === null) return null;
  const reference = nodeOf(node['ColumnRef']);
  if (reference !== null) return lastName(reference['fields']);
  const call = nodeOf(node['FuncCall']);
  if (call !== null) return lastName(call['funcname']);
  const cast = nodeOf(node['TypeCast']);
  if (cast === null) return null;
  const column = nodeOf(cast['arg'])?.['ColumnRef'];
  return column === undefined ? null : lastName(nodeOf(column)?.['fields']);
}

/** The last part of a qualified name; null for a star. */
function lastName(parts: unknown): string | null {
  const last = nodeOf(listOf(parts).at(-1));
  const text = nodeOf(last?.['String'])?.['sval'];
  return typeof text === 'string' ? text : null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

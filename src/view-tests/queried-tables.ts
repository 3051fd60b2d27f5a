// The tables of a database that a query reads.

import { filledQuery } from '../definition/query/offsets.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';
import { nodeOf, postgresParser, type SyntaxNode } from '../sql-parser/postgres.ts';
import { scannedTables } from './scan-tables.ts';

/** `orders`, or `shop.orders`, as the server names them; without those that the query itself defines. */
export async function tablesIn(query: string, dialect: SqlDialect): Promise<string[]> {
  if (dialect !== 'postgres') return scannedTables(query, dialect);
  const parse = await postgresParser();
  const parsed = parse(filledQuery(query, 'postgres', () => 'null').text);
  if (parsed.kind !== 'parsed') return scannedTables(query, dialect);
  const found = new Set<string>();
  for (const statement of parsed.statements) collect(statement, new Set(), found);
  return [...found];
}

/** Adds the tables in a node and below it. `own` are the names of common table expressions that are visible there. */
function collect(node: unknown, own: ReadonlySet<string>, found: Set<string>): void {
  if (Array.isArray(node)) {
    for (const one of node) collect(one, own, found);
    return;
  }
  const fields = nodeOf(node);
  if (fields === null) return;
  const { withClause, RangeVar: table, ...others } = fields;
  addTable(nodeOf(table), own, found);
  const visible = withExpressions(nodeOf(withClause), own, found);
  for (const one of Object.values(others)) collect(one, visible, found);
}

function addTable(table: SyntaxNode | null, own: ReadonlySet<string>, found: Set<string>): void {
  if (table === null) return;
  const { relname, schemaname } = table;
  if (typeof schemaname === 'string') found.add(`${schemaname}.${String(relname)}`);
  else if (!own.has(String(relname))) found.add(String(relname));
}

/** Adds the tables of the expressions. Each sees those before it, and with `recursive` also itself. */
function withExpressions(clause: SyntaxNode | null, own: ReadonlySet<string>, found: Set<string>): ReadonlySet<string> {
  if (clause === null || !Array.isArray(clause['ctes'])) return own;
  const expressions = clause['ctes'].map((one: unknown) => nodeOf(nodeOf(one)?.['CommonTableExpr']) ?? {});
  const names = expressions.map(({ ctename }) => String(ctename));
  for (const [index, expression] of expressions.entries()) {
    const before = clause['recursive'] === true ? names : names.slice(0, index);
    collect(expression, new Set([...own, ...before]), found);
  }
  return new Set([...own, ...names]);
}

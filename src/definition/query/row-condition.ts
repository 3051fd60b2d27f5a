// The conditions of row checks: Postgres expressions, parsed and limited to operators and functions that depend only on
// the row, so that a check cannot read other tables, run for long, or give another result when it is repeated.

import { type PostgresParse, postgresParser, type SyntaxNode } from '../../sql-parser/postgres.ts';
import { clockWordIn } from './clock-words.ts';

const OPERATORS = new Set([
  ...['=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '%', '||'],
  ...['~', '~*', '!~', '!~*', '~~', '~~*', '!~~', '!~~*', '->', '->>', '@>', '<@', '?'],
  ...['BETWEEN', 'NOT BETWEEN'],
]);

const FUNCTIONS = new Set([
  ...['abs', 'ceil', 'ceiling', 'floor', 'round', 'trunc', 'sign', 'sqrt', 'ln', 'log', 'mod'],
  ...['length', 'char_length', 'octet_length', 'lower', 'upper', 'btrim', 'ltrim', 'rtrim', 'left', 'right'],
  ...['substr', 'substring', 'strpos', 'position', 'starts_with', 'split_part', 'replace', 'like_escape'],
  ...['date_trunc', 'date_part', 'extract', 'timezone', 'isfinite'],
  ...['jsonb_typeof', 'jsonb_array_length', 'cardinality', 'array_length'],
]);

const TYPES = new Set([
  ...['float8', 'float4', 'numeric', 'int2', 'int4', 'int8', 'text', 'varchar', 'bool', 'boolean'],
  ...['date', 'timestamptz', 'timestamp', 'interval', 'bigint', 'integer'],
]);

/** Nodes that are allowed: only their children are checked. */
const PLAIN = new Set([
  ...['BoolExpr', 'NullTest', 'BooleanTest', 'CaseExpr', 'CaseWhen', 'CoalesceExpr', 'MinMaxExpr', 'A_Const'],
  ...['List', 'A_ArrayExpr', 'Integer', 'Float', 'String', 'Boolean'],
]);

/** What is wrong with a condition, as the end of a sentence; null if nothing is. `times` are the columns with a time. */
export async function conditionProblem(
  expression: string,
  columns: readonly string[],
  times: readonly string[],
): Promise<string | null> {
  const parse = await postgresParser();
  const parsed = parse(`${SELECT}${expression}`);
  if (parsed.kind !== 'parsed') return syntaxProblem(parsed, SELECT);
  const condition = onlyTarget(parsed.statements);
  if (condition === null) return 'expected one condition';
  // A statement may have what its parentheses may not: a semicolon at its end, or `all` at its start.
  const problem = syntaxProblem(parse(`${RUN}${expression}\n))`), RUN) ?? nodeProblem(condition, columns);
  return problem ?? clockProblem(condition, times);
}

const SELECT = 'select ';
/** The condition as a run evaluates it. */
const RUN = 'select (not (';

function clockProblem(condition: unknown, times: readonly string[]): string | null {
  const word = clockWordIn(condition, times);
  return word === null ? null : `'${word}' is the time of the run and is not allowed in checks; write a fixed time`;
}

function syntaxProblem(parsed: PostgresParse, before: string): string | null {
  if (parsed.kind === 'unknown') return 'Postgres cannot parse it';
  return parsed.kind === 'parsed' ? null : `${parsed.message} (at character ${parsed.at - before.length + 1})`;
}

/** The condition; null if the text is more than that. */
function onlyTarget(statements: readonly SyntaxNode[]): unknown {
  const [statement, ...others] = statements;
  const select = statement?.['SelectStmt'];
  if (others.length > 0 || !isNode(select)) return null;
  const { targetList, limitOption: _option, op: _operation, ...rest } = select;
  if (Object.keys(rest).length > 0 || !Array.isArray(targetList) || targetList.length !== 1) return null;
  const target: unknown = targetList[0]?.ResTarget;
  if (!isNode(target) || 'name' in target || 'indirection' in target) return null;
  return target['val'];
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first problem in a node such as `{ A_Expr: {…} }` and below it. */
function nodeProblem(node: unknown, columns: readonly string[]): string | null {
  if (Array.isArray(node)) return firstProblem(node, columns);
  if (!isNode(node)) return null;
  const [entry] = Object.entries(node);
  if (entry === undefined) return null;
  const [kind, fields] = entry;
  if (!isNode(fields)) return null;
  if (kind === 'ColumnRef') return columnProblem(fields, columns);
  const own = ownProblem(kind, fields);
  if (own !== null) return own;
  const { name: _name, funcname: _function, typeName: _type, ...children } = fields;
  return firstProblem(kind === 'A_Const' ? [] : Object.values(children), columns);
}

function firstProblem(nodes: readonly unknown[], columns: readonly string[]): string | null {
  for (const node of nodes) {
    const problem = nodeProblem(node, columns);
    if (problem !== null) return problem;
  }
  return null;
}

function ownProblem(kind: string, fields: SyntaxNode): string | null {
  if (kind === 'A_Expr') {
    const operator = lastName(fields['name']);
    return OPERATORS.has(operator) && isBuiltIn(fields['name'])
      ? null
      : `the operator ${operator} is not allowed in checks`;
  }
  if (kind === 'FuncCall') return functionProblem(fields);
  if (kind === 'TypeCast') {
    const type = isNode(fields['typeName']) ? lastName(fields['typeName']['names']) : '';
    return TYPES.has(type) ? null : `the type ${type} is not allowed in checks`;
  }
  if (PLAIN.has(kind)) return null;
  return kind === 'SubLink' ? 'a subquery is not allowed in checks' : `${kind} is not allowed in checks`;
}

function functionProblem({ funcname, over, agg_distinct: distinct, agg_filter: filter, agg_star: star }: SyntaxNode) {
  const name = lastName(funcname);
  if (!FUNCTIONS.has(name) || !isBuiltIn(funcname)) return `the function ${name} is not allowed in checks`;
  const isPlain = over === undefined && distinct === undefined && filter === undefined && star === undefined;
  return isPlain ? null : `the function ${name} is not allowed in this form`;
}

function isBuiltIn(names: unknown): boolean {
  return Array.isArray(names) && (names.length === 1 || lastName(names.slice(0, 1)) === 'pg_catalog');
}

function columnProblem({ fields }: SyntaxNode, columns: readonly string[]): string | null {
  const name = Array.isArray(fields) && fields.length === 1 ? lastName(fields) : '';
  return columns.includes(name)
    ? null
    : `unknown column ${name || 'with a dot or a star'}; expected ${columns.join(', ')}`;
}

/** The last of `[{ String: { sval } }]`; '' for another shape. */
function lastName(names: unknown): string {
  const last: unknown = Array.isArray(names) ? names.at(-1)?.String?.sval : undefined;
  return typeof last === 'string' ? last : '';
}

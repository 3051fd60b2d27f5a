// Checks a Postgres query with the Postgres parser, without a server.

import { codeOf, wordBefore } from '../../definition/query/code-words.ts';
import { unboundSentence } from '../../definition/query/lexical-problems.ts';
import { type FilledQuery, filledQuery } from '../../definition/query/offsets.ts';
import { columnErrors } from '../../definition/query/output-columns.ts';
import { type QueryProblem, type QueryToCheck, queryError } from '../../definition/query/query-problem.ts';
import { didYouMean } from '../../definition/yaml/nearest.ts';
import { nodeOf, postgresParser, type SyntaxNode } from '../../sql-parser/postgres.ts';
import { selectColumns } from './select-columns.ts';

/** The errors of queries that are fine lexically. */
export async function postgresErrors(checked: QueryToCheck): Promise<QueryProblem[]> {
  const parse = await postgresParser();
  // Like the literal of a run, null is a constant of the grammar, and it is short enough to keep all offsets.
  const filled = filledQuery(checked.query, 'postgres', (placeholder) => 'null'.padEnd(placeholder.length));
  const parsed = parse(filled.text);
  if (parsed.kind === 'unknown') return [];
  if (parsed.kind === 'syntax') return [syntaxError(checked.query, filled, parsed)];
  const [statement, ...others] = parsed.statements;
  if (statement === undefined) return [queryError(0, 'expected one SELECT, found no statement')];
  if (others.length > 0) return [queryError(0, `expected one SELECT, found ${parsed.statements.length} statements`)];
  const select = nodeOf(statement['SelectStmt']);
  if (select === null) return [queryError(0, `expected one SELECT, found ${kindOf(statement)}`)];
  const at = (bytes: number) => Buffer.from(filled.text).subarray(0, bytes).toString().length;
  const forbidden = [...lockIn(checked.query, statement), ...forbiddenIn(statement, at)];
  if (forbidden.length > 0 || checked.columns === null) return forbidden;
  const columns = selectColumns(select);
  if (columns === null) return [];
  const placed = columns.map(({ name, bytes }) => ({ name, at: at(bytes) }));
  return columnErrors(
    placed,
    { keys: checked.keys, columns: checked.columns, optional: checked.optional },
    Math.max(0, codeOf(checked.query, 'postgres').search(/\S/)),
  );
}

type Syntax = { readonly message: string; readonly at: number };

function syntaxError(query: string, filled: FilledQuery, { message, at }: Syntax): QueryProblem {
  const nul = /invalid byte sequence/.test(message)
    ? query.search(/\\(?:x0{1,2}(?![\da-f])|0{1,3}(?!\d)|u0{4}|U0{8})/i)
    : -1;
  if (nul !== -1) return queryError(nul, 'a NUL character is not allowed in SQL');
  const offset = filled.offsetOf(at);
  const placeholder = /^\{\{\s*\w+\s*\}\}/.exec(query.slice(offset))?.[0];
  const shown = placeholder === undefined ? message : message.replace(/"null"$/, `"${placeholder}"`);
  return queryError(offset, `${shown}${hintFor(query, offset, message)}`);
}

const BY = ['group', 'order', 'partition'];
const CONNECTIVES = ['and', 'or', 'not', 'as', 'on', 'in', 'is', 'then', 'else', 'when', 'end', 'case'];
const CLAUSES = ['select', 'from', 'where', 'group', 'order', 'having', 'limit', 'join', 'union', 'with', 'between'];

function hintFor(query: string, offset: number, message: string): string {
  if (message.endsWith('end of input')) return '; the query is not complete';
  const found = /at or near "([^"]*)"/.exec(message)?.[1] ?? '';
  const code = codeOf(query, 'postgres');
  const before = wordBefore(code, offset)?.word.toLowerCase();
  if (before !== undefined && BY.includes(before)) return `; did you mean \`${before} by\`?`;
  if (!/^\w/.test(found)) return '';
  if (!/\bfrom\b/i.test(code) && before !== undefined) return '; is `from` missing?';
  const nearest = didYouMean(found, CLAUSES);
  if (nearest !== '' && !CLAUSES.includes(found.toLowerCase())) return nearest;
  const isEither = [before ?? 'and', found.toLowerCase()].some((word) => [...CLAUSES, ...CONNECTIVES].includes(word));
  return isEither ? '' : '; is a comma or an operator missing before it?';
}

const WRITES: Readonly<Record<string, string>> = {
  InsertStmt: 'insert',
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  MergeStmt: 'merge',
};

function kindOf(statement: SyntaxNode): string {
  const [kind = ''] = Object.keys(statement);
  return kind
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

/** What a read-only transaction refuses anywhere in a query, and parameters, which nothing fills in. */
function forbiddenIn(node: unknown, at: (bytes: number) => number): QueryProblem[] {
  if (Array.isArray(node)) return node.flatMap((each) => forbiddenIn(each, at));
  const fields = nodeOf(node);
  if (fields === null) return [];
  return Object.entries(fields).flatMap(([kind, value]) => [...forbidden(kind, value, at), ...forbiddenIn(value, at)]);
}

function forbidden(kind: string, value: unknown, at: (bytes: number) => number): QueryProblem[] {
  const node = nodeOf(value);
  if (node === null) return [];
  const write = WRITES[kind];
  if (write !== undefined) {
    const place = locationIn(nodeOf(node['relation']));
    return [
      queryError(at(place), `\`${write}\` writes to a table; expected one SELECT, because sources are read-only`),
    ];
  }
  if (kind === 'intoClause')
    return [queryError(at(locationIn(nodeOf(node['rel']))), '`into` creates a table; sources are read-only')];
  if (kind === 'ParamRef')
    return [queryError(at(locationIn(node)), unboundSentence(`$${Number(node['number'] ?? 0)}`))];
  return [];
}

/** The syntax tree does not say where a lock is. */
function lockIn(query: string, statement: SyntaxNode): QueryProblem[] {
  if (!JSON.stringify(statement).includes('"LockingClause":')) return [];
  const at = codeOf(query, 'postgres').search(/(?<!\w)for\s+(?:update|share|no\s+key|key\s+share)(?!\w)/i);
  return [queryError(Math.max(0, at), '`for update` and `for share` lock rows; sources are read-only')];
}

function locationIn(node: SyntaxNode | null): number {
  return Number(node?.['location'] ?? 0);
}

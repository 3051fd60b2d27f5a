// Checks of a query that need no grammar: they hold in each dialect.

import { didYouMean } from '../yaml/nearest.ts';
import { codeOf, placedPieces } from './code-words.ts';
import { type QueryProblem, type QueryToCheck, queryError } from './query-problem.ts';
import type { SqlDialect } from './sql-text.ts';

const READS = ['select', 'with', 'values', 'table', 'from', 'pivot', 'unpivot', 'describe', 'show', 'summarize'];
const WRITES =
  /^\s*(insert|update|delete|merge|replace|truncate|create|alter|drop|grant|revoke|copy|call|do|set|begin|commit|vacuum|analyze|install|load|attach|detach|lock)\b/i;

/** The errors of a query in a dialect that is known. */
export function lexicalErrors({ query }: QueryToCheck, dialect: SqlDialect): QueryProblem[] {
  const nul = query.indexOf('\0');
  if (nul !== -1) return [queryError(nul, 'a NUL character is not allowed in SQL')];
  const code = codeOf(query, dialect);
  const template = templateError(query, code);
  if (template !== null) return [template];
  const open = openPiece(query, dialect) ?? openParenthesis(query, code, dialect);
  const others = [secondStatement(code), notRead(code), writeInside(code, dialect), parameter(code, dialect)];
  return [open, ...others].filter((problem) => problem !== null);
}

function templateError(query: string, code: string): QueryProblem | null {
  const known = code.replace(/\{\{\s*(?:start|end)\s*\}\}/g, (text) => ' '.repeat(text.length));
  // In MySQL the rest of `{# … #}` is a comment, but the brace is code.
  const found = [...known.matchAll(/\{%|\{\{|\$\{|\{/g)].find(
    ({ 0: text, index }) => text.length > 1 || query.startsWith('{#', index),
  );
  if (found === undefined) return null;
  const message =
    found[0] === '{%' || found[0] === '{'
      ? 'template languages such as Jinja are not supported; write plain SQL with {{start}} and {{end}}'
      : `\`${found[0]}\` begins a template expression; only {{start}} and {{end}} are supported`;
  return queryError(found.index, message);
}

const COMMENT_OPEN = /^\/\*/;

/** A quote or comment that is not closed. */
function openPiece(query: string, dialect: SqlDialect): QueryProblem | null {
  const last = placedPieces(query, dialect).at(-1);
  if (last === undefined || last.kind === 'code') return null;
  if (COMMENT_OPEN.test(last.text)) {
    return last.text.length >= 4 && last.text.endsWith('*/') ? null : queryError(last.at, 'the comment is not closed');
  }
  if (last.kind === 'comment' || isClosed(last.text)) return null;
  const quote = /^\$[^$]*\$/.exec(last.text)?.[0] ?? last.text.charAt(0);
  return queryError(last.at, `the quote ${quote} is not closed; inside a string, write each quote twice`);
}

function isClosed(text: string): boolean {
  const tag = /^\$[^$]*\$/.exec(text)?.[0] ?? text.charAt(0);
  return text.length >= 2 * tag.length && text.endsWith(tag);
}

/** Nothing is reported with executable comments of MySQL, which may contain a part of a pair. */
function openParenthesis(query: string, code: string, dialect: SqlDialect): QueryProblem | null {
  if (placedPieces(query, dialect).some(({ kind, text }) => kind === 'quoted' && text.startsWith('/*'))) return null;
  const open: number[] = [];
  for (const found of code.matchAll(/[()]/g)) {
    if (found[0] === '(') open.push(found.index);
    else if (open.pop() === undefined)
      return queryError(found.index, 'this closing parenthesis has no opening parenthesis');
  }
  const at = open.at(-1);
  return at === undefined ? null : queryError(at, 'the parenthesis is not closed');
}

function secondStatement(code: string): QueryProblem | null {
  const found = /;\s*(?=[^\s;])/.exec(code);
  if (found === null || code.slice(0, found.index).trim() === '') return null;
  return queryError(found.index + found[0].length, 'a second statement begins here; expected one SELECT');
}

function notRead(code: string): QueryProblem | null {
  const write = WRITES.exec(code)?.[1];
  if (write !== undefined) {
    const message = `\`${write}\` is not a query; expected one SELECT, because sources are read-only`;
    return queryError(code.search(/\S/), message);
  }
  const first = /^\s*([a-z_]+)/i.exec(code)?.[1];
  if (first === undefined || READS.includes(first.toLowerCase())) return null;
  const hint = didYouMean(first, ['select', 'with', 'values']);
  return hint === '' ? null : queryError(code.search(/\S/), `unknown statement \`${first}\`${hint}`);
}

const PARAMETERS: Readonly<Partial<Record<SqlDialect, RegExp>>> = {
  mysql: /\?/,
  clickhouse: /(?<!\{)\{\s*[a-z_]\w*\s*:\s*[a-z][^{}]*\}/i,
};

type Write = { readonly pattern: RegExp; readonly message: string };

const INTO = '`into` writes to a file, a table or a variable; sources are read-only';
const LOCK = '`for update` and `for share` lock rows; sources are read-only';

/** Words that, outside of quotes, have no other meaning in a query. Postgres and DuckDB have a parser. */
const WRITES_INSIDE: Readonly<Partial<Record<SqlDialect, readonly Write[]>>> = {
  mysql: [
    { pattern: /(?<![.\w$@])into(?![\w$])/i, message: INTO },
    { pattern: /(?<![.\w$@])(?:for\s+(?:update|share)|lock\s+in\s+share\s+mode)(?![\w$])/i, message: LOCK },
    {
      pattern: /(?<![.\w$@])delete(?<=\)\s*delete)(?![\w$])/i,
      message: '`delete` writes to a table; sources are read-only',
    },
    {
      pattern: /(?<![.\w$@])update(?<=\)\s*update)(?![\w$])/i,
      message: '`update` writes to a table; sources are read-only',
    },
  ],
  clickhouse: [{ pattern: /(?<![.\w])into\s+outfile(?!\w)/i, message: INTO }],
};

function writeInside(code: string, dialect: SqlDialect): QueryProblem | null {
  for (const { pattern, message } of WRITES_INSIDE[dialect] ?? []) {
    const found = pattern.exec(code);
    if (found !== null) return queryError(found.index, message);
  }
  return null;
}

function parameter(code: string, dialect: SqlDialect): QueryProblem | null {
  const found = PARAMETERS[dialect]?.exec(code);
  return found === null || found === undefined ? null : queryError(found.index, unboundSentence(found[0]));
}

/** For parameters, which nothing fills in. */
export function unboundSentence(name: string): string {
  return `the parameter \`${name}\` has no value; only {{start}} and {{end}} are supported`;
}

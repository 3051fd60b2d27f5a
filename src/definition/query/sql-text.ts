// Splits SQL into code, quoted text and comments, in four dialects.
//
// Everything that examines the text of a query uses this, so that braces in a string are never a placeholder and a comment
// never changes a fingerprint. No text is lost: the pieces joined are the query.
//
// Dialect differences: block comments nest in all but MySQL. MySQL has `#` comments, backslashes in strings, back quotes,
// treats `--` as a comment only before whitespace, and executes `/*! … */`. ClickHouse has backslashes in all quotes, back
// quotes, dollar quotes, and `# ` and `#!` comments.

/** Those of databases, which a source names if its URL is a variable. The first is the default. */
export const DATABASE_DIALECTS = ['postgres', 'mysql', 'clickhouse'] as const;
export type DatabaseDialect = (typeof DATABASE_DIALECTS)[number];
/** `duckdb`: queries over files. */
export type SqlDialect = DatabaseDialect | 'duckdb';

export type SqlPiece = { readonly kind: 'code' | 'quoted' | 'comment'; readonly text: string };

const PLAIN = /[^'"`$\-/#]+/y;
const STANDARD_STRING = /'(?:[^']|'')*(?:'|$)/y;
const ESCAPED_STRING = /'(?:[^'\\]|\\[\s\S]|''|\\$)*(?:'|$)/y;
/** Postgres joins strings with a line break between them, and the later parts keep the escapes of the first. */
const CONTINUED_STRING = /(?:[ \t\f\v]|--[^\n\r]*(?=[\n\r]))*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*(?=')/y;
const ESCAPED_DOUBLE = /"(?:[^"\\]|\\[\s\S]|""|\\$)*(?:"|$)/y;
const DOUBLE = /"(?:[^"]|"")*(?:"|$)/y;
const BACK = /`(?:[^`]|``)*(?:`|$)/y;
const ESCAPED_BACK = /`(?:[^`\\]|\\[\s\S]|``|\\$)*(?:`|$)/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const MYSQL_LINE_COMMENT = /(?:--(?=[\s\p{Cc}]|$)|#)[^\n]*/uy;
const CLICKHOUSE_LINE_COMMENT = /(?:--|#[ !])[^\n]*/y;
const FLAT_COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y;
const LINE_COMMENTS: Readonly<Record<SqlDialect, RegExp>> = {
  postgres: LINE_COMMENT,
  mysql: MYSQL_LINE_COMMENT,
  duckdb: LINE_COMMENT,
  clickhouse: CLICKHOUSE_LINE_COMMENT,
};
const NAME_END = /[A-Za-z0-9_$\u0080-\uffff]$/;
const ESCAPE_PREFIX = /(?:^|[^A-Za-z0-9_$\u0080-\uffff])[eE]$/;

/** The pieces of a query in order. Adjacent pieces of code are joined. */
export function piecesOf(sql: string, dialect: SqlDialect): SqlPiece[] {
  const pieces: SqlPiece[] = [];
  let codeStart = 0;
  let at = 0;
  while (at < sql.length) {
    // Two preceding characters of code are enough to distinguish E'…' from name'…'.
    const piece = pieceAt(sql, at, sql.slice(Math.max(codeStart, at - 2), at), dialect);
    if (piece.kind !== 'code') {
      if (codeStart < at) pieces.push({ kind: 'code', text: sql.slice(codeStart, at) });
      pieces.push(piece);
      codeStart = at + piece.text.length;
    }
    at += piece.text.length;
  }
  if (codeStart < at) pieces.push({ kind: 'code', text: sql.slice(codeStart, at) });
  return pieces;
}

function pieceAt(sql: string, at: number, before: string, dialect: SqlDialect): SqlPiece {
  const comment = commentAt(sql, at, dialect);
  if (comment !== null) return comment;
  const quoted = quotedAt(sql, at, before, dialect);
  if (quoted !== null) return { kind: 'quoted', text: quoted };
  return { kind: 'code', text: match(PLAIN, sql, at) ?? sql.charAt(at) };
}

function commentAt(sql: string, at: number, dialect: SqlDialect): SqlPiece | null {
  const line = match(LINE_COMMENTS[dialect], sql, at);
  if (line !== null) return { kind: 'comment', text: line };
  if (!sql.startsWith('/*', at)) return null;
  if (dialect !== 'mysql') return { kind: 'comment', text: nestedComment(sql, at) };
  const text = match(FLAT_COMMENT, sql, at) ?? '';
  // MySQL and MariaDB execute `/*! … */` and use optimizer hints, so neither is a comment.
  return { kind: /^\/\*(?:M?!|\+)/.test(text) ? 'quoted' : 'comment', text };
}

function nestedComment(sql: string, start: number): string {
  let depth = 0;
  let at = start;
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) depth += 1;
    else if (sql.startsWith('*/', at)) depth -= 1;
    else {
      at += 1;
      continue;
    }
    at += 2;
    if (depth === 0) break;
  }
  return sql.slice(start, at);
}

function quotedAt(sql: string, at: number, before: string, dialect: SqlDialect): string | null {
  if (dialect === 'mysql') return mysqlQuoteAt(sql, at);
  return dialect === 'clickhouse' ? clickhouseQuoteAt(sql, at, before) : quoteAt(sql, at, before);
}

function clickhouseQuoteAt(sql: string, at: number, before: string): string | null {
  const escaped = match(ESCAPED_STRING, sql, at) ?? match(ESCAPED_DOUBLE, sql, at) ?? match(ESCAPED_BACK, sql, at);
  return escaped ?? dollarQuote(sql, at, before);
}

function mysqlQuoteAt(sql: string, at: number): string | null {
  return match(ESCAPED_STRING, sql, at) ?? match(ESCAPED_DOUBLE, sql, at) ?? match(BACK, sql, at);
}

function quoteAt(sql: string, at: number, before: string): string | null {
  if (sql.charAt(at) === "'")
    return ESCAPE_PREFIX.test(before) ? escapedString(sql, at) : match(STANDARD_STRING, sql, at);
  return match(DOUBLE, sql, at) ?? dollarQuote(sql, at, before);
}

function escapedString(sql: string, start: number): string {
  let text = match(ESCAPED_STRING, sql, start) ?? '';
  for (;;) {
    const space = match(CONTINUED_STRING, sql, start + text.length);
    if (space === null) return text;
    text += space + (match(ESCAPED_STRING, sql, start + text.length + space.length) ?? '');
  }
}

function dollarQuote(sql: string, at: number, before: string): string | null {
  const tag = NAME_END.test(before) ? null : match(DOLLAR_TAG, sql, at);
  if (tag === null) return null;
  const end = sql.indexOf(tag, at + tag.length);
  return sql.slice(at, end === -1 ? undefined : end + tag.length);
}

/** The text that a sticky expression matches at an offset; null if there is no match or it is empty. */
function match(expression: RegExp, text: string, at: number): string | null {
  expression.lastIndex = at;
  const found = expression.exec(text)?.[0];
  return found === undefined || found === '' ? null : found;
}

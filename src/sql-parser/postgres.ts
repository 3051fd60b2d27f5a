// Postgres's own parser, compiled to WebAssembly. It knows the grammar, but no tables, columns, functions or types.

import type { hasSqlDetails, parseSync } from 'libpg-query';

/** A node of Postgres' syntax tree: `{ SelectStmt: { targetList: […] } }`. Its shape is in Postgres's parsenodes.h. */
export type SyntaxNode = { readonly [field: string]: unknown };

/** The node in a field of another; null if the field holds none. */
export function nodeOf(value: unknown): SyntaxNode | null {
  return isNode(value) ? value : null;
}

/** Any object is one. */
function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type PostgresParse =
  /** Each statement is a node such as `{ SelectStmt: {…} }`. `location` in a node counts bytes of UTF-8. */
  | { readonly kind: 'parsed'; readonly statements: readonly SyntaxNode[] }
  /** `at` is an offset into the text, as JavaScript counts. */
  | { readonly kind: 'syntax'; readonly message: string; readonly at: number }
  /** The parser failed, which shows nothing about the text. */
  | { readonly kind: 'unknown' };

export type PostgresParser = (sql: string) => PostgresParse;

let loaded: Promise<PostgresParser> | undefined;

/** Loads the parser on first use, in about 50 ms: most commands do not need it. */
export function postgresParser(): Promise<PostgresParser> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<PostgresParser> {
  const library = await import('libpg-query');
  await library.loadModule();
  return (sql) => parse(library, sql);
}

type Library = { readonly parseSync: typeof parseSync; readonly hasSqlDetails: typeof hasSqlDetails };

function parse({ parseSync, hasSqlDetails }: Library, sql: string): PostgresParse {
  // The library throws for an empty string, which Postgres accepts as no statement.
  if (sql.trim() === '') return { kind: 'parsed', statements: [] };
  // The text reaches the parser as a C string.
  const nul = sql.indexOf('\0');
  if (nul !== -1) return { kind: 'syntax', message: 'a NUL character is not allowed', at: nul };
  try {
    const { stmts = [] } = parseSync(sql);
    return { kind: 'parsed', statements: stmts.map(({ stmt }) => nodeOf(stmt) ?? {}) };
  } catch (error) {
    if (!hasSqlDetails(error) || error.sqlDetails === undefined) return { kind: 'unknown' };
    return { kind: 'syntax', message: error.message, at: offsetOf(sql, error.sqlDetails.cursorPosition) };
  }
}

/** Postgres counts characters, JavaScript counts UTF-16 units. */
function offsetOf(sql: string, characters: number): number {
  return [...sql].slice(0, Math.max(0, characters)).join('').length;
}

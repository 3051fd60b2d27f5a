// The tables of a query by its words, for SQL without a parser here.

import { piecesOf, type SqlDialect } from '../definition/query/sql-text.ts';

type Token = { readonly kind: 'word' | 'quoted name' | 'other'; readonly text: string };

/** Functions with `from` between their arguments. */
const CALLS = new Set(['extract', 'trim', 'substring', 'substr', 'overlay', 'position']);
const JOINS = new Set(['join', 'straight_join']);
const AFTER_TABLES = new Set([
  ...['select', 'where', 'group', 'having', 'order', 'limit', 'window', 'for', 'into', 'values'],
  ...['union', 'except', 'intersect'],
]);
const BEFORE_TABLE = new Set(['only', 'lateral']);

/** One pair of parentheses, or the whole query. */
type Frame = {
  readonly isCall: boolean;
  /** The name that the query gives to what is in the parentheses. */
  readonly defines: string | null;
  /** The token before the parentheses. */
  readonly before: string;
  hasTables: boolean;
};

type Scan = {
  readonly tokens: readonly Token[];
  readonly found: Set<string>;
  /** The names that the query defines. */
  readonly own: Set<string>;
  readonly outer: Frame[];
  at: number;
  frame: Frame;
  /** The token before the parentheses that were closed last. */
  closed: string;
  isRecursive: boolean;
  /** Whether the next name is a table. */
  isTable: boolean;
};

/** The tables after `from` and `join`, except those that the query itself defines. */
export function scannedTables(query: string, dialect: SqlDialect): string[] {
  const scan: Scan = {
    tokens: tokensOf(query, dialect),
    found: new Set(),
    own: new Set(['dual']),
    outer: [],
    at: 0,
    frame: { isCall: false, defines: null, before: '', hasTables: false },
    closed: '',
    isRecursive: false,
    isTable: false,
  };
  for (; scan.at < scan.tokens.length; scan.at += 1) {
    const { kind, text } = scan.tokens[scan.at] ?? NONE;
    if (kind === 'other') takeSign(scan, text);
    else takeWord(scan, wordAt(scan.tokens, scan.at));
  }
  return [...scan.found];
}

function takeSign(scan: Scan, sign: string): void {
  if (sign === '(') {
    scan.outer.push(scan.frame);
    scan.frame = openedFrame(scan);
    if (scan.isRecursive && scan.frame.defines !== null) scan.own.add(scan.frame.defines);
  } else if (sign === ')') {
    if (scan.frame.defines !== null) scan.own.add(scan.frame.defines);
    scan.closed = scan.frame.before;
    scan.frame = scan.outer.pop() ?? scan.frame;
    scan.isTable = false;
  } else if (sign === ',') scan.isTable = scan.frame.hasTables;
}

/** `NAME as (`, `NAME (columns) as (`, and `NAME as materialized (`. */
function openedFrame({ tokens, at, closed, isTable }: Scan): Frame {
  const as = ['materialized', 'not'].reduce((end, word) => (wordAt(tokens, end) === word ? end - 1 : end), at - 1);
  const before = tokens[as - 1]?.text ?? '';
  const name = before === ')' ? closed : before;
  return {
    isCall: CALLS.has(wordAt(tokens, at - 1)),
    defines: wordAt(tokens, as) === 'as' ? name.toLowerCase() : null,
    before: tokens[at - 1]?.text ?? '',
    hasTables: isTable,
  };
}

/** `word` is empty for a quoted name. */
function takeWord(scan: Scan, word: string): void {
  if (word === 'recursive') scan.isRecursive = true;
  else if (JOINS.has(word) || isFrom(scan, word)) {
    scan.frame.hasTables = true;
    scan.isTable = true;
  } else if (AFTER_TABLES.has(word)) {
    scan.frame.hasTables = false;
    scan.isTable = false;
  } else if (scan.isTable && !BEFORE_TABLE.has(word)) takeTable(scan);
}

function isFrom({ tokens, at, frame }: Scan, word: string): boolean {
  return word === 'from' && !frame.isCall && wordAt(tokens, at - 1) !== 'distinct';
}

function takeTable(scan: Scan): void {
  const { text, end } = nameAt(scan.tokens, scan.at);
  scan.at = end;
  scan.isTable = false;
  const isFunction = scan.tokens[end + 1]?.text === '(';
  if (!isFunction && !scan.own.has(text.toLowerCase())) scan.found.add(text);
}

const NONE: Token = { kind: 'other', text: '' };

function wordAt(tokens: readonly Token[], at: number): string {
  const { kind, text } = tokens[at] ?? NONE;
  return kind === 'word' ? text.toLowerCase() : '';
}

/** A name with its schema, and the place of its last token. */
function nameAt(tokens: readonly Token[], start: number): { readonly text: string; readonly end: number } {
  let text = tokens[start]?.text ?? '';
  let end = start;
  while (tokens[end + 1]?.text === '.' && tokens[end + 2] !== undefined) {
    text += `.${tokens[end + 2]?.text}`;
    end += 2;
  }
  return { text, end };
}

function tokensOf(query: string, dialect: SqlDialect): Token[] {
  const quote = dialect === 'mysql' ? '`' : '"';
  return piecesOf(query, dialect).flatMap(({ kind, text }): Token[] => {
    if (kind === 'comment') return [];
    if (kind === 'quoted') {
      const isName = text.startsWith(quote);
      return [isName ? { kind: 'quoted name', text: text.slice(1, -1).replaceAll(quote + quote, quote) } : NONE];
    }
    return [...text.matchAll(/[\p{L}\p{N}_$]+|\S/gu)].map(([token]) => ({
      kind: /^[\p{L}\p{N}_$]/u.test(token) ? 'word' : 'other',
      text: token,
    }));
  });
}

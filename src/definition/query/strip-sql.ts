// Removes what cannot change the result of a query: comments and redundant whitespace.

import { piecesOf, type SqlDialect } from './sql-text.ts';

const PUNCTUATION = '(),;[]{}';
const OPERATORS = '+-*/<>=~!@#%^&|?:';
/** Replaces quoted pieces while spacing is removed. Does not occur in code. */
const QUOTED = '\0';

/**
 * The normal form of a query, to compare and to hash, not to run. Queries that differ only in comments and spacing outside
 * of quotes nearly always have the same form; queries with different meanings never do.
 */
export function stripSql(sql: string, dialect: SqlDialect): string {
  const quotes: string[] = [];
  const code = piecesOf(sql, dialect).map((piece) => {
    if (piece.kind === 'code') return piece.text.replaceAll(QUOTED, ' ');
    if (piece.kind === 'comment') return ' ';
    quotes.push(piece.text);
    return QUOTED;
  });
  const spaced = code.join('').replace(/\s+/g, ' ');
  const tight = spaced.replace(/ /g, (space, at: number) => (separates(spaced, at) ? space : ''));
  return withoutSemicolons(tight).replaceAll(QUOTED, () => quotes.shift() ?? '');
}

function withoutSemicolons(text: string): string {
  let end = text.length;
  while (text.charAt(end - 1) === ';') end -= 1;
  return text.slice(0, end);
}

/** Whether removing a space could change the meaning of the text around it. */
function separates(text: string, at: number): boolean {
  const left = text.charAt(at - 1);
  const right = text.charAt(at + 1);
  if (left === '' || right === '' || PUNCTUATION.includes(left) || PUNCTUATION.includes(right)) return false;
  if (left === '&' && right === QUOTED) return true; // u & 'x' is an operation, U&'x' a string
  if ('+-'.includes(right) && /[\d.]e/i.test(text.slice(at - 2, at))) return true; // 1e - 5 is not 1e-5
  return OPERATORS.includes(left) === OPERATORS.includes(right);
}

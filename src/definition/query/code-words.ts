// The code of a query, without quoted text and comments, at the same offsets.

import { piecesOf, type SqlDialect, type SqlPiece } from './sql-text.ts';

/** Replaces quoted text: a character that no dialect uses in code. */
const QUOTED = '\u0001';

export type PlacedPiece = SqlPiece & { readonly at: number };

export function placedPieces(sql: string, dialect: SqlDialect): PlacedPiece[] {
  let at = 0;
  return piecesOf(sql, dialect).map((piece) => {
    const placed = { ...piece, at };
    at += piece.text.length;
    return placed;
  });
}

/** The query with each comment as spaces, and each quoted text as characters that are not code. */
export function codeOf(sql: string, dialect: SqlDialect): string {
  return piecesOf(sql, dialect)
    .map(({ kind, text }) => (kind === 'code' ? text : (kind === 'comment' ? ' ' : QUOTED).repeat(text.length)))
    .join('');
}

/** Longer words are no keywords or names. */
const WORD_CHARACTERS_MAX = 200;

/** The word that ends before an offset of code, with its offset. */
export function wordBefore(code: string, offset: number): { readonly word: string; readonly at: number } | null {
  const before = code.slice(0, offset).trimEnd();
  const word = /[\p{L}_][\p{L}\p{N}_$]*$/u.exec(before.slice(-WORD_CHARACTERS_MAX))?.[0];
  return word === undefined ? null : { word, at: before.length - word.length };
}

/** The words of code with their offsets. */
export function wordsIn(code: string): { readonly word: string; readonly at: number }[] {
  return [...code.matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)].map((found) => ({ word: found[0], at: found.index }));
}

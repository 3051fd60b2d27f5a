// A query without what may follow it: semicolons, comments and whitespace.

import { piecesOf, type SqlDialect } from './sql-text.ts';

/** The query without a semicolon and comments at the end. */
export function withoutEnding(text: string, dialect: SqlDialect): string {
  const pieces = piecesOf(text, dialect);
  while (pieces.length > 0 && isEnding(pieces.at(-1))) pieces.pop();
  const kept = pieces.map((piece) => piece.text).join('');
  return pieces.at(-1)?.kind === 'code' ? withoutSemicolon(kept) : kept;
}

function isEnding(piece: { readonly kind: string; readonly text: string } | undefined): boolean {
  return piece?.kind === 'comment' || (piece?.kind === 'code' && withoutSemicolon(piece.text) === '');
}

// Not a regular expression, which would take quadratic time for long whitespace.
function withoutSemicolon(text: string): string {
  const code = text.trimEnd();
  return code.endsWith(';') ? code.slice(0, -1).trimEnd() : code;
}

// Finds the place of an error in a query by the name in the server's message, for servers that give no position.

import { piecesOf, type SqlDialect } from '../definition/query/sql-text.ts';
import { placeInQuery } from './query-text.ts';

/** Longer than any name. A regular expression of thousands of characters is rejected. */
const NAME_LENGTH_MAX = 256;

/** ` (line 2, column 14 of the query)` if the name occurs once in the query; otherwise ''. */
export function placeOfName(text: string, name: string, dialect: SqlDialect): string {
  const position = positionOfName(text, name, dialect);
  return position === null ? '' : placeInQuery(text, position);
}

/** The position of a name, in characters from 1, if it occurs once in the query; otherwise null. */
export function positionOfName(text: string, name: string, dialect: SqlDialect): number | null {
  const [offset, another] = firstTwoOffsets(text, name, dialect);
  return offset === undefined || another !== undefined ? null : [...text.slice(0, offset)].length + 1;
}

/** The first two positions of a name in the query's code or in back quotes. */
function firstTwoOffsets(text: string, name: string, dialect: SqlDialect): number[] {
  if (name === '' || name.length > NAME_LENGTH_MAX) return [];
  const literal = name.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`);
  const word = new RegExp(String.raw`(?<![\p{L}\p{N}_$])${literal}(?![\p{L}\p{N}_$])`, 'giu');
  const offsets: number[] = [];
  let before = 0;
  for (const piece of piecesOf(text, dialect)) {
    const isName = piece.kind === 'code' || piece.text.startsWith('`');
    for (const found of isName ? piece.text.matchAll(word) : []) {
      if (offsets.push(before + found.index) === 2) return offsets;
    }
    before += piece.text.length;
  }
  return offsets;
}

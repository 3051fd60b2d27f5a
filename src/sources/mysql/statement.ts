// Queries for MySQL and MariaDB: the statement that is prepared and run, and the position that an error refers to.
//
// A read-only transaction does not prevent all writes: a DDL statement commits it first. So the server only gets text that
// starts like a query, and it runs one statement at a time.

import type { EpochMs } from '../../core/instant.ts';
import { piecesOf, type SqlPiece } from '../../definition/query/sql-text.ts';
import { parseTemplate } from '../../definition/query/template.ts';
import { positionOfName } from '../named-place.ts';
import { renderedQuery } from '../query-text.ts';
import type { Extraction } from '../source.ts';

/** One statement and the values of its parameters, in order. */
export type MysqlStatement = { readonly text: string; readonly values: readonly string[] };

/** What a statement has in place of {{start}} and {{end}}. */
export const PARAMETER = 'cast(? as datetime(6))';
const QUERY_START = /^[\s(]*(?:select|with|values|table)\b/i;
const EXECUTED_DEPTH_MAX = 8;
const EXECUTED_COMMENT = /^\/\*M?!\d*([\s\S]*?)(?:\*\/)?$/;

/** The query for the span of an extraction: {{start}} and {{end}} are parameters, in UTC. */
export function mysqlStatement(query: string, extraction: Extraction): MysqlStatement {
  const { span } = extraction;
  const values =
    span === null
      ? []
      : parseTemplate(query, 'mysql').flatMap((part) =>
          'placeholder' in part ? [timeText(span[part.placeholder])] : [],
        );
  return { text: renderedQuery(query, extraction, 'mysql', () => PARAMETER), values };
}

function timeText(instant: EpochMs): string {
  return new Date(instant).toISOString().replace('T', ' ').replace('Z', '');
}

/** Why a string is not a single read-only query, as the end of a sentence; null if it is one. */
export function statementProblem(text: string): string | null {
  const code = executedCode(piecesOf(text, 'mysql'));
  if (!QUERY_START.test(code)) return 'it does not start with SELECT, WITH, VALUES or TABLE';
  if (code.includes(';')) return 'it has more than one statement';
  // INTO writes to a file or a variable. Unquoted, the word has no other meaning in a query.
  return /\binto\b/i.test(code) ? 'it has an INTO clause' : null;
}

// Without quoted text, and with the code in comments that the server executes.
function executedCode(pieces: readonly SqlPiece[], depth = 0): string {
  return pieces.map((piece) => codeOf(piece, depth)).join('');
}

function codeOf({ kind, text }: SqlPiece, depth: number): string {
  if (kind === 'code') return text;
  if (kind === 'comment') return ' ';
  const executed = EXECUTED_COMMENT.exec(text)?.[1];
  if (executed === undefined) return ' ? ';
  // Deeper nesting has no use and would overflow the stack. The semicolon makes it an invalid query.
  if (depth === EXECUTED_DEPTH_MAX) return ' ; ';
  return ` ${executedCode(piecesOf(executed, 'mysql'), depth + 1)} `;
}

/** The server quotes the rest of the statement after a syntax error, at most 80 characters. */
const SYNTAX_ERROR = / near '([\s\S]*?)(\.\.\.)?' at line \d+$/;

/**
 * The position that a message of the server refers to, in characters from 1: of the text after a syntax error, or of the first
 * quoted name if it occurs once in the query. Otherwise null; the server sends no position.
 */
export function positionOf(text: string, message: string): number | null {
  const [, rest = '', cut] = SYNTAX_ERROR.exec(message) ?? [];
  if (rest !== '') return positionOfRest(text, rest, cut === undefined ? 'whole' : 'cut');
  const quoted = /'([^']+)'/.exec(message)?.[1] ?? '';
  return positionOfName(text, quoted.split('.').at(-1)?.replaceAll('`', '') ?? '', 'mysql');
}

/** Messages have one space for each run of whitespace, so the statement is compared in the same form. */
function positionOfRest(text: string, rest: string, extent: 'whole' | 'cut'): number | null {
  const words = [...text.matchAll(/\S+/g)];
  const joined = words.map((word) => word[0]).join(' ');
  const wanted = rest.trim().replaceAll(/\s+/g, ' ');
  if (wanted === '' || (extent === 'whole' && !joined.endsWith(wanted))) return null;
  let left = extent === 'cut' ? joined.indexOf(wanted) : joined.length - wanted.length;
  if (left === -1) return null;
  for (const { 0: word, index } of words) {
    if (left < word.length) return [...text.slice(0, index + left)].length + 1;
    left -= word.length + 1;
  }
  return null;
}

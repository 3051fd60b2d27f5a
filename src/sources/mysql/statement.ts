// A query for MySQL and MariaDB: the one statement that is prepared and run, and where in it a message of the server points.
//
// A read-only transaction does not stop everything there: a statement that defines something commits it first. So only a
// text that begins as a query does is handed to the server, which takes one statement at a time.

import type { EpochMs } from '../../core/instant.ts';
import { piecesOf, type SqlPiece } from '../../definition/query/sql-text.ts';
import { parseTemplate } from '../../definition/query/template.ts';
import { positionText, renderedQuery } from '../query-text.ts';
import type { Extraction } from '../source.ts';

/** One statement and the values of its parameters, in their order. */
export type MysqlStatement = { readonly text: string; readonly values: readonly string[] };

const PARAMETER = 'cast(? as datetime(6))';
const QUERY_START = /^[\s(]*(?:select|with|values|table)\b/i;
/** Longer than any name there; a pattern of thousands of characters is refused by the engine of regular expressions. */
const NAME_LENGTH_MAX = 256;
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

/** Why a text is not one query that only reads, as the end of a sentence; null where nothing speaks against it. */
export function statementProblem(text: string): string | null {
  const code = executedCode(piecesOf(text, 'mysql'));
  if (!QUERY_START.test(code)) return 'it does not begin with SELECT, WITH, VALUES or TABLE';
  if (code.includes(';')) return 'it holds more than one statement';
  // A file or a variable: in a query the word stands for nothing else, unless it is quoted.
  return /\binto\b/i.test(code) ? 'it selects INTO something' : null;
}

// Without what is quoted, and with what the server runs of comments.
function executedCode(pieces: readonly SqlPiece[], depth = 0): string {
  return pieces.map((piece) => codeOf(piece, depth)).join('');
}

function codeOf({ kind, text }: SqlPiece, depth: number): string {
  if (kind === 'code') return text;
  if (kind === 'comment') return ' ';
  const executed = EXECUTED_COMMENT.exec(text)?.[1];
  if (executed === undefined) return ' ? ';
  // Nobody nests them, and following them without end costs the stack: a semicolon is refused.
  if (depth === EXECUTED_DEPTH_MAX) return ' ; ';
  return ` ${executedCode(piecesOf(executed, 'mysql'), depth + 1)} `;
}

/**
 * ` (line 2, column 14 of the query)` for a message whose first name in quotes is one that the query holds once; '' for
 * any other: the server gives no place but in syntax errors, whose message has the line.
 */
export function placeText(text: string, message: string): string {
  const quoted = /'([^']+)'/.exec(message)?.[1] ?? '';
  const [offset, another] = firstTwoOffsets(text, quoted.split('.').at(-1)?.replaceAll('`', '') ?? '');
  if (offset === undefined || another !== undefined) return '';
  return ` (${positionText(text, [...text.slice(0, offset)].length + 1)} of the query)`;
}

/** Where a name stands in a query's own code or in back quotes; not more than twice, which is not once. */
function firstTwoOffsets(text: string, name: string): number[] {
  if (name === '' || name.length > NAME_LENGTH_MAX) return [];
  const literal = name.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`);
  const word = new RegExp(String.raw`(?<![\p{L}\p{N}_$])${literal}(?![\p{L}\p{N}_$])`, 'giu');
  const offsets: number[] = [];
  let before = 0;
  for (const piece of piecesOf(text, 'mysql')) {
    const isName = piece.kind === 'code' || piece.text.startsWith('`');
    for (const found of isName ? piece.text.matchAll(word) : []) {
      if (offsets.push(before + found.index) === 2) return offsets;
    }
    before += piece.text.length;
  }
  return offsets;
}

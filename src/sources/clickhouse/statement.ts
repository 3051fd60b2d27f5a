// Queries for ClickHouse: the statement that is described and run, and why a string is not one.
//
// The server runs one statement per request and, with readonly = 2, no writes. DESCRIBE accepts only a SELECT in parentheses,
// without FORMAT and INTO OUTFILE. The checks here give clearer messages.

import type { EpochMs } from '../../core/instant.ts';
import { piecesOf } from '../../definition/query/sql-text.ts';
import { placeOfName } from '../named-place.ts';
import { placeInQuery, renderedQuery } from '../query-text.ts';
import type { Extraction } from '../source.ts';
import { bytePosition, type ClickhouseException, nameIn } from './exception.ts';

export type ClickhouseStatement = {
  readonly text: string;
  /** The values of its parameters, by name. */
  readonly parameters: Readonly<Record<string, string>>;
};

const START = 'millrace_start';
const END = 'millrace_end';
const DESCRIBE_START = 'describe table (\n';
const QUERY_START = /^[\s(]*(?:select|with|from)\b/i;

/** The query for the span of an extraction: {{start}} and {{end}} are parameters, in UTC. */
export function clickhouseStatement(query: string, extraction: Extraction): ClickhouseStatement {
  const { span } = extraction;
  const parameter = (instant: EpochMs) => `{${instant === span?.start ? START : END}:DateTime64(6, 'UTC')}`;
  const text = renderedQuery(query, extraction, 'clickhouse', parameter);
  return { text, parameters: span === null ? {} : { [START]: timeText(span.start), [END]: timeText(span.end) } };
}

/** The statement that returns the columns of another one. */
export function describing({ text, parameters }: ClickhouseStatement): ClickhouseStatement {
  return { text: `${DESCRIBE_START}${text}\n)`, parameters };
}

function timeText(instant: EpochMs): string {
  return new Date(instant).toISOString().replace('T', ' ').replace('Z', '');
}

/** Why a string is not a single read-only query, as the end of a sentence; null if it is one. */
export function statementProblem(text: string): string | null {
  const code = piecesOf(text, 'clickhouse')
    .map((piece) => (piece.kind === 'code' ? piece.text : piece.kind === 'comment' ? ' ' : ' ? '))
    .join('');
  if (!QUERY_START.test(code)) return 'it does not start with SELECT, WITH or FROM';
  if (code.includes(';')) return 'it has more than one statement';
  if (!isBalanced(code)) return 'its parentheses do not match';
  if (/\binto\s+outfile\b/i.test(code)) return 'it writes to a file with INTO OUTFILE';
  return /\bformat\s+[a-z]\w*\s*$/i.test(code) ? 'it has a FORMAT clause' : null;
}

/** Otherwise a string could close the parenthesis that DESCRIBE opens. */
function isBalanced(code: string): boolean {
  let open = 0;
  for (const [character] of code.matchAll(/[()]/g)) {
    open += character === '(' ? 1 : -1;
    if (open < 0) return false;
  }
  return open === 0;
}

/**
 * ` (line 2, column 14 of the query)`, or '' if the error names no place. The server gives a position only for syntax errors;
 * of other errors, the place is that of the name in the message. `sent` is the statement that was sent.
 */
export function placeText(
  error: ClickhouseException,
  { text }: ClickhouseStatement,
  sent: ClickhouseStatement,
): string {
  const bytes = bytePosition(error);
  if (bytes === null) return placeOfName(text, nameIn(error), 'clickhouse');
  const before = Buffer.from(sent.text)
    .subarray(0, bytes - 1)
    .toString();
  const position = [...before].length - sent.text.indexOf(text);
  return position < 0 ? '' : placeInQuery(text, position + 1);
}

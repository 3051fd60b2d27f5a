// A view's query as the text that a server describes and then runs.

import { Failure } from '../core/failure.ts';
import type { EpochMs } from '../core/instant.ts';
import { safe, text } from '../core/message.ts';
import { piecesOf, type SqlDialect } from '../definition/query/sql-text.ts';
import { parseTemplate, renderTemplate } from '../definition/query/template.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Extraction } from './source.ts';

/** `timestamptz '2026-01-31 00:00:00.000+00'`: an instant where Postgres and DuckDB expect an expression. */
export function timestamptzLiteral(instant: EpochMs): string {
  return `timestamptz '${new Date(instant).toISOString().replace('T', ' ').replace('Z', '+00')}'`;
}

/** The query of a view over a source's own tables. @throws Failure DEFINITION_INVALID for a view over files. */
export function requireQuery({ name, source, query, files }: FeatureView, kind: string): string {
  if (query !== null && files === null) return query;
  const found = files === null ? 'has no query' : 'names files';
  throw new Failure(
    'DEFINITION_INVALID',
    text`View ${safe(name)} ${safe(found)}, but its source ${safe(source)} is of kind ${safe(kind)}, which runs a query over its own tables: write \`query\` and no \`files\`, or name a source of files.`,
    { view: name, source },
  );
}

/** The query for the span of an extraction, without the semicolon (and comments) that may end it. */
export function renderedQuery(
  query: string,
  { span }: Extraction,
  dialect: SqlDialect,
  literal = timestamptzLiteral,
): string {
  const parts = parseTemplate(query, dialect);
  // Only views of kind latest have no span, and their queries no placeholder.
  const text =
    span === null
      ? parts.map((part) => ('text' in part ? part.text : '')).join('')
      : renderTemplate(parts, span, literal);
  return withoutEnding(text, dialect);
}

function withoutEnding(text: string, dialect: SqlDialect): string {
  const pieces = piecesOf(text, dialect);
  while (pieces.length > 0 && isEnding(pieces.at(-1))) pieces.pop();
  const kept = pieces.map((piece) => piece.text).join('');
  return pieces.at(-1)?.kind === 'code' ? withoutSemicolon(kept) : kept;
}

function isEnding(piece: { readonly kind: string; readonly text: string } | undefined): boolean {
  return piece?.kind === 'comment' || (piece?.kind === 'code' && withoutSemicolon(piece.text) === '');
}

// Not a regular expression: one that ends in white space takes time without end for white space that nothing ends.
function withoutSemicolon(text: string): string {
  const code = text.trimEnd();
  return code.endsWith(';') ? code.slice(0, -1).trimEnd() : code;
}

/** `line 3, column 14` of a query, for a position as the server counts it: characters from 1. */
export function positionText(query: string, position: number): string {
  const before = [...query].slice(0, position - 1).join('');
  const line = before.split('\n').length;
  return `line ${line}, column ${before.length - before.lastIndexOf('\n')}`;
}

// Renders a view's query for a server to describe and run.

import { Failure } from '../core/failure.ts';
import type { EpochMs } from '../core/instant.ts';
import { safe, text } from '../core/message.ts';
import { piecesOf, type SqlDialect } from '../definition/query/sql-text.ts';
import { parseTemplate, renderTemplate } from '../definition/query/template.ts';
import { queryOf } from '../definition/query/view-query.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Extraction, SourceKind } from './source.ts';

/** `timestamptz '2026-01-31 00:00:00.000+00'`: an instant as an SQL expression of Postgres and DuckDB. */
export function timestamptzLiteral(instant: EpochMs): string {
  return `timestamptz '${new Date(instant).toISOString().replace('T', ' ').replace('Z', '+00')}'`;
}

/** The query of a view over the tables of a source. @throws Failure DEFINITION_INVALID for a view over files. */
export function requireQuery(view: FeatureView, kind: Pick<SourceKind, 'name' | 'dialect'>): string {
  const { name, source, files } = view;
  const query = queryOf(view, kind.dialect);
  if (query !== null && files === null) return query;
  throw new Failure(
    'DEFINITION_INVALID',
    text`View ${safe(name)} ${safe(files === null ? 'has no `query`' : 'has `files`')}, but its source ${safe(source)} is a database (${safe(kind.name)}). Write a \`query\` without \`files\`, or choose a source with files.`,
    { view: name, source },
  );
}

/** The query for the span of an extraction, without a semicolon and comments at the end. */
export function renderedQuery(
  query: string,
  { span }: Extraction,
  dialect: SqlDialect,
  literal = timestamptzLiteral,
): string {
  const parts = parseTemplate(query, dialect);
  // Only views of kind latest have no span. Their queries have no placeholders.
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

// Not a regular expression, which would take quadratic time for long white space.
function withoutSemicolon(text: string): string {
  const code = text.trimEnd();
  return code.endsWith(';') ? code.slice(0, -1).trimEnd() : code;
}

/** `line 3, column 14` of a query, for a position as the server counts it, in characters from 1. */
export function positionText(query: string, position: number): string {
  const before = [...query].slice(0, position - 1).join('');
  const line = before.split('\n').length;
  return `line ${line}, column ${before.length - before.lastIndexOf('\n')}`;
}

// Renders a view's query for a server to describe and run.

import { Failure } from '../core/failure.ts';
import type { EpochMs } from '../core/instant.ts';
import { safe, text } from '../core/message.ts';
import { queryRange } from '../definition/pivot/pivot.ts';
import { withoutEnding } from '../definition/query/query-ending.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';
import { parseTemplate, renderTemplate } from '../definition/query/template.ts';
import { queryOf } from '../definition/query/view-query.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Extraction, SourceKind } from './source.ts';

/** `timestamptz '2026-01-31 00:00:00.000+00'`: an instant as an SQL expression for Postgres and DuckDB. */
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

/**
 * ` (line 3, column 14 of the query)` for a position as the server counts it, in characters from 1; '' for a position in SQL
 * that is not written in the view.
 */
export function placeInQuery(text: string, position: number): string {
  const { start, end } = queryRange(text);
  const before = [...text].slice(0, position - 1).join('');
  if (before.length < start || before.length > end) return '';
  const own = before.slice(start);
  return ` (line ${own.split('\n').length}, column ${own.length - own.lastIndexOf('\n')} of the query)`;
}

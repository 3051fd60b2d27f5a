// {{start}} and {{end}} in queries: parsed once, and replaced per run with SQL literals made from instants.

import type { EpochMs } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { nearestWord } from '../yaml/nearest.ts';
import { placedPieces } from './code-words.ts';
import { piecesOf, type SqlDialect } from './sql-text.ts';

export type { SqlDialect } from './sql-text.ts';

export type TemplatePart = { readonly text: string } | { readonly placeholder: 'start' | 'end' };

/** The parts of a query in order; never two strings in a row. */
export type Template = readonly TemplatePart[];

export type UnknownPlaceholder = {
  /** As written between the braces. */
  readonly name: string;
  readonly suggestion: 'start' | 'end' | null;
  /** Its offset in the query. */
  readonly at: number;
};

/** A placeholder that is plain text, and its offset in the query. */
export type HiddenPlaceholder = { readonly kind: 'quoted' | 'comment'; readonly at: number };

const PLACEHOLDER = /\{\{\s*(start|end)\s*\}\}/g;
const ANY_PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** Parses a query. Braces in strings, comments, quoted identifiers and dollar quotes stay text. */
export function parseTemplate(sql: string, dialect: SqlDialect): Template {
  const parts: TemplatePart[] = [];
  let text = '';
  for (const piece of piecesOf(sql, dialect)) {
    if (piece.kind !== 'code') {
      text += piece.text;
      continue;
    }
    let from = 0;
    for (const found of piece.text.matchAll(PLACEHOLDER)) {
      text += piece.text.slice(from, found.index);
      if (text !== '') parts.push({ text });
      parts.push({ placeholder: found[1] === 'start' ? 'start' : 'end' });
      text = '';
      from = found.index + found[0].length;
    }
    text += piece.text.slice(from);
  }
  if (text !== '') parts.push({ text });
  return parts;
}

/** The query for one span. `literal` writes an instant in the dialect of the source. */
export function renderTemplate(template: Template, span: Interval, literal: (instant: EpochMs) => string): string {
  return template.map((part) => ('text' in part ? part.text : literal(span[part.placeholder]))).join('');
}

/** The placeholders of a query. */
export function placeholdersOf(template: Template): ReadonlySet<'start' | 'end'> {
  return new Set(template.flatMap((part) => ('placeholder' in part ? [part.placeholder] : [])));
}

/**
 * Where a placeholder is plain text: in quotes or in a comment. Null if it is in neither. Such text is allowed, so this
 * matters only for a placeholder that is missing elsewhere.
 */
export function hiddenPlaceholder(sql: string, name: 'start' | 'end', dialect: SqlDialect): HiddenPlaceholder | null {
  const hidden = placedPieces(sql, dialect).flatMap(({ kind, text, at }): HiddenPlaceholder[] => {
    const found = [...text.matchAll(PLACEHOLDER)].find(([, written]) => written === name);
    return kind === 'code' || found === undefined ? [] : [{ kind, at: at + found.index }];
  });
  return hidden.find(({ kind }) => kind === 'quoted') ?? hidden[0] ?? null;
}

/** Names in double braces, outside of quotes and comments, other than start and end. */
export function unknownPlaceholders(sql: string, dialect: SqlDialect): UnknownPlaceholder[] {
  const code = placedPieces(sql, dialect).filter((piece) => piece.kind === 'code');
  const found = code.flatMap((piece) =>
    [...piece.text.matchAll(ANY_PLACEHOLDER)].map((each) => ({
      name: (each[1] ?? '').trim(),
      at: piece.at + each.index,
    })),
  );
  return found
    .filter(({ name }, index) => found.findIndex((other) => other.name === name) === index)
    .filter(({ name }) => name !== 'start' && name !== 'end')
    .map(({ name, at }) => ({ name, suggestion: suggestionFor(name), at }));
}

/** Words of other systems for the bounds of an interval. */
const STARTS = ['begin', 'from', 'since', 'start_date', 'start_time', 'window_start', 'data_interval_start'];
const ENDS = ['until', 'to', 'stop', 'now', 'end_date', 'end_time', 'window_end', 'data_interval_end'];

function suggestionFor(name: string): 'start' | 'end' | null {
  if (STARTS.includes(name.toLowerCase())) return 'start';
  if (ENDS.includes(name.toLowerCase())) return 'end';
  const word = nearestWord(name, ['start', 'end']);
  return word === 'start' || word === 'end' ? word : null;
}

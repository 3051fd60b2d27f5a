// Fields of tab-separated text as ClickHouse writes them.
// https://clickhouse.com/docs/interfaces/formats/TabSeparated

import { trimmedEnd } from '../../core/trimmed-end.ts';

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', 0: '\0' };

/** The text of a field that is not \N. */
export function unescapedField(field: string): string {
  if (!field.includes('\\')) return field;
  return field.replace(/\\(.)/gs, (_, letter: string) => ESCAPED[letter] ?? letter);
}

export function floatText(field: string): string {
  const last = field.charCodeAt(field.length - 1);
  if (last <= 57) return field; // a digit
  return field === 'nan' ? 'NaN' : field.replace('inf', 'Infinity');
}

/** `2026-01-31T23:59:59.123Z` as `2026-01-31 23:59:59.123+00`. */
export function zonedText(field: string): string {
  return `${field.slice(0, 10)} ${field.slice(11, -1)}+00`;
}

/** A FixedString without the zeros that the server adds to short values. */
export function unpadded(text: string): string {
  return trimmedEnd(text, '\0');
}

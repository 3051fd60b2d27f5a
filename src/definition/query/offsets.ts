// A query with its placeholders filled in, and where each part of it comes from.

import { parseTemplate, type SqlDialect } from './template.ts';

export type FilledQuery = {
  readonly text: string;
  /** The offset in the query of an offset in the text. */
  offsetOf(at: number): number;
};

type Part = { readonly from: number; readonly to: number; readonly at: number; readonly isText: boolean };

/** The query with `literal` in place of each placeholder, which is given as it is written. */
export function filledQuery(query: string, dialect: SqlDialect, literal: (placeholder: string) => string): FilledQuery {
  const parts: Part[] = [];
  let text = '';
  let at = 0;
  for (const part of parseTemplate(query, dialect)) {
    const written = 'text' in part ? part.text : (/^\{\{\s*\w+\s*\}\}/.exec(query.slice(at))?.[0] ?? '');
    const filled = 'text' in part ? part.text : literal(written);
    parts.push({ from: text.length, to: text.length + filled.length, at, isText: 'text' in part });
    text += filled;
    at += written.length;
  }
  return {
    text,
    offsetOf: (offset) => {
      const part = parts.find(({ to }) => offset < to);
      if (part === undefined) return query.length;
      return part.isText ? part.at + offset - part.from : part.at;
    },
  };
}

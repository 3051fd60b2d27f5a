// A view over a long table: its query returns a row for each entity, time and name, and each name becomes a feature.

/** The columns of the query with the name and the value of a feature. */
export type Pivot = { readonly name: string; readonly value: string };

/** The column with a feature that several rows of an entity and time name. No feature may have this name. */
export const REPEATED_COLUMN = '_repeated';

/** What precedes the query of the view in the SQL that is run. It has no line break, so lines of errors are those of the query. */
export const PIVOT_START = 'with millrace_rows as (';
/** What follows it. */
export const PIVOT_END = '\n)\nselect\n  ';

/** Where the query of the view is in the SQL that is run, as offsets. */
export function queryRange(text: string): { readonly start: number; readonly end: number } {
  if (!text.startsWith(PIVOT_START)) return { start: 0, end: text.length };
  const end = text.lastIndexOf(PIVOT_END);
  return { start: PIVOT_START.length, end: end === -1 ? text.length : end };
}

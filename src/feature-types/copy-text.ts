// A field in the text format of COPY: backslash escapes, \N for null.
// https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const SPECIAL = /[\\\n\r\t]/;

/** Escapes a value for COPY. */
export function escapeCopy(value: string): string {
  if (!SPECIAL.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
}

/** The value of a COPY field; null for \N. */
export function unescapeCopy(field: string): string | null {
  if (field === '\\N') return null;
  return field.replace(/\\(.)/gs, (_, letter: string) => ESCAPED[letter] ?? letter);
}

// Names and texts as DuckDB quotes them.

/** A name as DuckDB quotes it. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as DuckDB quotes it. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

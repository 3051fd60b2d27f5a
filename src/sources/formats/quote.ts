// Quoting of names and strings for DuckDB.

/** A quoted identifier. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A quoted string literal. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

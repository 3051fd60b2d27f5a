// The names in a query as DuckDB's parser reports them (json_serialize_sql).

export type SpelledNames = {
  /** Names of columns, except those that the query itself defines: aliases, and names in lists of columns. */
  readonly columns: readonly string[];
  /** Whether the query selects a star, so that its columns depend on its tables. */
  readonly hasStar: boolean;
};

/** The names in a serialized query; null if the query cannot be serialized. */
export function spelledNames(serialized: unknown): SpelledNames | null {
  if (!isNode(serialized) || serialized['error'] === true) return null;
  const found = { spelled: new Map<string, string>(), aliases: new Set<string>(), hasStar: false };
  collect(serialized['statements'], found);
  const columns = [...found.spelled].filter(([name]) => !found.aliases.has(name)).map(([, written]) => written);
  return { columns, hasStar: found.hasStar };
}

type Found = { readonly spelled: Map<string, string>; readonly aliases: Set<string>; hasStar: boolean };

const ALIAS_LISTS = ['aliases', 'column_name_alias', 'expanded_aliases'];

function collect(part: unknown, found: Found): void {
  if (Array.isArray(part)) for (const each of part) collect(each, found);
  if (!isNode(part)) return;
  if (part['class'] === 'STAR') found.hasStar = true;
  if (part['class'] === 'COLUMN_REF') {
    for (const name of textsOf(part['column_names'])) found.spelled.set(name.toLowerCase(), name);
  }
  for (const name of [part['alias'], ...ALIAS_LISTS.flatMap((list) => textsOf(part[list]))]) {
    if (typeof name === 'string' && name !== '') found.aliases.add(name.toLowerCase());
  }
  for (const each of Object.values(part)) if (typeof each === 'object') collect(each, found);
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function isNode(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

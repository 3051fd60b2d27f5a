// The columns that a query names. Only these must be readable and have one type in all files. They come from DuckDB's parse
// of the query, before a table exists.

import { quotedText } from './quote.ts';

/** Runs an internal statement and returns its rows as text. */
type RowsEngine = { rows(sql: string): Promise<(string | null)[][]> };

export type NamedColumns = {
  /**
   * Whether the query contains the name, for a column of the files or of the query, or has a star that may select it for a
   * column of the view.
   */
  has(column: string): boolean;
  /** In lower case. */
  readonly spelled: ReadonlySet<string>;
};

const EVERYTHING: NamedColumns = { has: () => true, spelled: new Set() };
const NOTHING: NamedColumns = { has: () => false, spelled: new Set() };

type Query = {
  readonly query: string;
  readonly tables: readonly string[];
  /** The columns of the view, in lower case. Other columns that a star selects are not used. */
  readonly wanted: ReadonlySet<string>;
};

/** The columns that a query names; all columns if that cannot be determined. */
export async function namedColumns(engine: RowsEngine, { query, tables, wanted }: Query): Promise<NamedColumns> {
  const [[text] = []] = await engine.rows(`select json_serialize_sql(${quotedText(query)})::varchar`);
  const parsed: unknown = JSON.parse(text ?? 'null');
  if (!isNode(parsed)) return EVERYTHING;
  // A statement that is not a SELECT is refused when it is prepared. A PIVOT cannot be serialized.
  if (parsed['error'] === true) return parsed['error_type'] === 'parser' ? NOTHING : EVERYTHING;
  const found: Found = { spelled: new Set(), stars: [], isAnything: false, tables: new Set(tables.map(lower)) };
  collect(parsed['statements'], null, found);
  if (found.isAnything) return { ...EVERYTHING, spelled: found.spelled };
  const { spelled, stars } = found;
  const isPicked = (name: string) => wanted.has(name) && stars.some((excluded) => !excluded.has(name));
  return { spelled, has: (column) => spelled.has(lower(column)) || isPicked(lower(column)) };
}

type Node = Readonly<Record<string, unknown>>;

type Found = {
  readonly spelled: Set<string>;
  /** The columns that each star over a table of files excludes. */
  readonly stars: ReadonlySet<string>[];
  /** Whether columns are used without their names. */
  isAnything: boolean;
  readonly tables: ReadonlySet<string>;
};

/** Relations that use columns by name only. */
const PLAIN_RELATIONS = new Set([
  'BASE_TABLE',
  'JOIN',
  'SUBQUERY',
  'TABLE_FUNCTION',
  'EXPRESSION_LIST',
  'EMPTY',
  'CTE',
]);

/** Visits a part of the query; `relations` are the names that the surrounding SELECT reads from. */
function collect(part: unknown, relations: ReadonlySet<string> | null, found: Found): void {
  if (Array.isArray(part)) for (const each of part) collect(each, relations, found);
  if (!isNode(part)) return;
  const own = part['type'] === 'SELECT_NODE' ? relationsOf(part['from_table'], found) : relations;
  if (part['class'] === 'COLUMN_REF') spell(part['column_names'], own, found);
  if (part['class'] === 'STAR' && isOverFiles(own, found)) takeStar(part, found);
  if ('using_columns' in part) spell(part['using_columns'], null, found);
  for (const each of Object.values(part)) if (typeof each === 'object') collect(each, own, found);
}

function spell(names: unknown, relations: ReadonlySet<string> | null, found: Found): void {
  const texts = Array.isArray(names) ? names.filter((name) => typeof name === 'string').map(lower) : [];
  for (const text of texts) found.spelled.add(text);
  // The name of a table alone is a whole row.
  const [only] = texts;
  if (texts.length === 1 && only !== undefined && relations?.has(only) && isOverFiles(relations, found)) {
    found.isAnything = true;
  }
}

function takeStar(star: Node, found: Found): void {
  const names = Array.isArray(star['exclude_list']) ? star['exclude_list'] : [];
  found.stars.push(new Set(names.filter((name) => typeof name === 'string').map(lower)));
  // COLUMNS(…) selects by a pattern or an expression, and may be used inside another expression.
  if (star['columns'] === true) found.isAnything = true;
}

function isOverFiles(relations: ReadonlySet<string> | null, { tables }: Found): boolean {
  return relations !== null && [...tables].some((table) => relations.has(table));
}

/** The names and aliases of the tables in a FROM. Records if all their columns are used. */
function relationsOf(from: unknown, found: Found): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (part: unknown): void => {
    if (!isNode(part)) return;
    if (part['type'] === 'BASE_TABLE') {
      names.add(lower(String(part['table_name'])));
      names.add(lower(String(part['alias'])));
      // Column aliases, by position.
      if (Array.isArray(part['column_name_alias']) && part['column_name_alias'].length > 0) found.isAnything = true;
    }
    const isPlain = PLAIN_RELATIONS.has(String(part['type'])) && part['ref_type'] !== 'NATURAL';
    if (!isPlain) found.isAnything = true;
    add(part['left']);
    add(part['right']);
  };
  add(from);
  return names;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lower(name: string): string {
  return name.toLowerCase();
}

// Which columns of its files a query names: only these must be readable, and alike in all files. Read from DuckDB's own
// parse of the query, before a table exists.

import { quotedText } from './quote.ts';

/** What the engine is asked: rows of a statement of ours, as text. */
type Asked = { rows(sql: string): Promise<(string | null)[][]> };

export type NamedColumns = {
  /**
   * Whether the query spells the name out, be it for a column of the files or for one of its own, or has a star that may
   * pick it for a column of the view.
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
  /** The columns of the view, in lower case: of what a star picks, the others go no further. */
  readonly wanted: ReadonlySet<string>;
};

/** The columns of its tables that a query names; all of them where that cannot be known. */
export async function namedColumns(engine: Asked, { query, tables, wanted }: Query): Promise<NamedColumns> {
  const [[text] = []] = await engine.rows(`select json_serialize_sql(${quotedText(query)})::varchar`);
  const parsed: unknown = JSON.parse(text ?? 'null');
  if (!isNode(parsed)) return EVERYTHING;
  // What is no SELECT is refused when it is prepared; PIVOT is one that has no such form.
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
  /** What each star over a table of files leaves out. */
  readonly stars: ReadonlySet<string>[];
  /** Something uses columns without their names. */
  isAnything: boolean;
  readonly tables: ReadonlySet<string>;
};

/** Of relations whose columns come from their names alone. */
const PLAIN_RELATIONS = new Set([
  'BASE_TABLE',
  'JOIN',
  'SUBQUERY',
  'TABLE_FUNCTION',
  'EXPRESSION_LIST',
  'EMPTY',
  'CTE',
]);

/** Looks at a part of the query; `relations` are the names that the SELECT around it reads from. */
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
  // A table by its name alone is a whole row of it.
  const [only] = texts;
  if (texts.length === 1 && only !== undefined && relations?.has(only) && isOverFiles(relations, found)) {
    found.isAnything = true;
  }
}

function takeStar(star: Node, found: Found): void {
  const names = Array.isArray(star['exclude_list']) ? star['exclude_list'] : [];
  found.stars.push(new Set(names.filter((name) => typeof name === 'string').map(lower)));
  // COLUMNS(…) picks by a pattern or an expression, and something is done with what it picks.
  if (star['columns'] === true) found.isAnything = true;
}

function isOverFiles(relations: ReadonlySet<string> | null, { tables }: Found): boolean {
  return relations !== null && [...tables].some((table) => relations.has(table));
}

/** The names and aliases of the tables that a FROM joins; a use of all their columns is noted. */
function relationsOf(from: unknown, found: Found): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (part: unknown): void => {
    if (!isNode(part)) return;
    if (part['type'] === 'BASE_TABLE') {
      names.add(lower(String(part['table_name'])));
      names.add(lower(String(part['alias'])));
      // Other names for the columns, by their order.
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

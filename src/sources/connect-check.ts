// Checks a view at its real source: the source describes the query, and its columns are compared with those of the view.

import { Failure } from '../core/failure.ts';
import type { Interval } from '../core/interval.ts';
import { queryRange } from '../definition/pivot/pivot.ts';
import { filledQuery } from '../definition/query/offsets.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';
import { queryOf } from '../definition/query/view-query.ts';
import type { FeatureView } from '../definition/view.ts';
import { nearestWord } from '../definition/yaml/nearest.ts';
import { requireColumns } from '../rows/layout.ts';
import { lookupFinding, shapeFinding } from './declared-check.ts';
import type { DeclaredFinding, DeclaredPlace } from './declared-finding.ts';
import { PARAMETER } from './mysql/statement.ts';
import { timestamptzLiteral } from './query-text.ts';
import { openReading, type Source } from './source.ts';

export type ConnectFinding = {
  readonly failure: Failure;
  /** An offset into the query; null if the source does not name a place. */
  readonly at: number | null;
  /** Of a declared view: the key at fault; null if the source does not tell which. */
  readonly place: DeclaredPlace | null;
  /** The source did not answer in time, so the view may be valid. */
  readonly isUnchecked: boolean;
  /** The most similar name of a table; null if there is none, or the problem is another. */
  readonly nearest: string | null;
};

export type Connected = {
  readonly source: Source;
  readonly view: FeatureView;
  readonly dialect: SqlDialect;
  readonly span: Interval | null;
  readonly signal: AbortSignal;
};

const UNDEFINED_TABLE = '42P01';
const TABLES_SQL = `
  select case when pg_catalog.pg_table_is_visible(c.oid) then c.relname::text else n.nspname || '.' || c.relname end as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname not in ('pg_catalog', 'information_schema') limit 5000`;

/** What is wrong with a view at its source; null if nothing is. Reads no rows of the view, only keys of its lookup tables. */
export async function connectFinding(connected: Connected): Promise<ConnectFinding | null> {
  const { source, view, span, signal } = connected;
  try {
    requireColumns(view, await source.describe({ view, span }, signal));
    return await declaredFinding(connected, null);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const declared = NAMES_OR_TYPES.includes(error.code) ? await declaredFinding(connected, error) : null;
    if (declared !== null) return declared;
    const at = placeOf(view, connected.dialect, error);
    const isTable = error.facts['sqlstate'] === UNDEFINED_TABLE;
    const nearest = isTable && at !== null ? await nearestTable(connected, tableAt(view, at)) : null;
    return { failure: error, at, nearest, place: null, isUnchecked: false };
  }
}

/** The codes of failures that may be about one name or type of a declared view. */
const NAMES_OR_TYPES: readonly string[] = ['SOURCE_QUERY', 'SOURCE_SHAPE'];

/** What is wrong with a declared view; null for other views, or if nothing is. `failed` is why its query was refused. */
async function declaredFinding(connected: Connected, failed: Failure | null): Promise<ConnectFinding | null> {
  const { declared } = connected.view;
  if (declared === undefined) return null;
  const at = { ...connected, declared };
  const found = (await shapeFinding(at, failed)) ?? (failed === null ? await lookupFinding(at) : null);
  return found === null ? null : await placed(connected, found);
}

async function placed(connected: Connected, found: DeclaredFinding): Promise<ConnectFinding> {
  const { failure, place, table, isUnchecked = false } = found;
  const isTable = table !== undefined && failure.facts['sqlstate'] === UNDEFINED_TABLE;
  const nearest = isTable ? await nearestTable(connected, table) : null;
  return { failure, at: null, nearest, place, isUnchecked };
}

/** The literals of all instants have the same length. */
function placeOf(view: FeatureView, dialect: SqlDialect, { facts }: Failure): number | null {
  const compiled = view.files === null ? queryOf(view, dialect) : null;
  const query = view.pivot === undefined ? compiled : view.query;
  const position = facts['position'];
  if (query === null || compiled === null || typeof position !== 'number') return null;
  const literal = dialect === 'mysql' ? PARAMETER : timestamptzLiteral(view.start);
  const filled = filledQuery(query, dialect, () => literal);
  const { start } = queryRange(compiled);
  const characters = [...filled.text].slice(0, Math.max(0, position - 1 - start)).join('').length;
  return characters < filled.text.length ? filled.offsetOf(characters) : null;
}

function tableAt(view: FeatureView, at: number): string | undefined {
  return /^[\w$."]+/.exec(((view.pivot === undefined ? queryOf(view, 'postgres') : view.query) ?? '').slice(at))?.[0];
}

async function nearestTable(
  { source, view, span, signal }: Connected,
  name: string | undefined,
): Promise<string | null> {
  if (name === undefined) return null;
  const { declared: _, pivot: __, ...plain } = view;
  await using reading = await openReading(source, { view: { ...plain, query: TABLES_SQL }, span }, signal);
  const tables: string[] = [];
  for await (const batch of reading.rows()) tables.push(...(batch.columns[0] ?? []).filter((text) => text !== null));
  return nearestWord(name, tables);
}

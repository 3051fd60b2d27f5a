// Checks a view at its real source: the source describes the query, and its columns are compared with those of the view.

import { Failure } from '../core/failure.ts';
import type { Interval } from '../core/interval.ts';
import { filledQuery } from '../definition/query/offsets.ts';
import { queryOf } from '../definition/query/view-query.ts';
import type { FeatureView } from '../definition/view.ts';
import { nearestWord } from '../definition/yaml/nearest.ts';
import { requireColumns } from '../rows/layout.ts';
import { timestamptzLiteral } from './query-text.ts';
import { openReading, type Source } from './source.ts';

export type ConnectFinding = {
  readonly failure: Failure;
  /** An offset into the query; null if the source does not name a place. */
  readonly at: number | null;
  /** The most similar name of a table; null if there is none, or the problem is another. */
  readonly nearest: string | null;
};

export type Connected = {
  readonly source: Source;
  readonly view: FeatureView;
  readonly span: Interval | null;
  readonly signal: AbortSignal;
};

const UNDEFINED_TABLE = '42P01';
const TABLES_SQL = `
  select case when pg_catalog.pg_table_is_visible(c.oid) then c.relname::text else n.nspname || '.' || c.relname end as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname not in ('pg_catalog', 'information_schema') limit 5000`;

/** What is wrong with a view at its source; null if nothing is. Reads no rows of the view. */
export async function connectFinding(connected: Connected): Promise<ConnectFinding | null> {
  const { source, view, span, signal } = connected;
  try {
    requireColumns(view, await source.describe({ view, span }, signal));
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const at = placeOf(view, error);
    const isTable = error.facts['sqlstate'] === UNDEFINED_TABLE;
    return { failure: error, at, nearest: isTable && at !== null ? await nearestTable(connected, at) : null };
  }
}

/** The literals of all instants have the same length. */
function placeOf(view: FeatureView, { facts }: Failure): number | null {
  const query = view.files === null ? queryOf(view, 'postgres') : null;
  const position = facts['position'];
  if (query === null || typeof position !== 'number') return null;
  const filled = filledQuery(query, 'postgres', () => timestamptzLiteral(view.start));
  const characters = [...filled.text].slice(0, position - 1).join('').length;
  return filled.offsetOf(characters);
}

async function nearestTable({ source, view, span, signal }: Connected, at: number): Promise<string | null> {
  const name = /^[\w$."]+/.exec((queryOf(view, 'postgres') ?? '').slice(at))?.[0];
  if (name === undefined) return null;
  const { declared: _, ...plain } = view;
  await using reading = await openReading(source, { view: { ...plain, query: TABLES_SQL }, span }, signal);
  const tables: string[] = [];
  for await (const batch of reading.rows()) tables.push(...(batch.columns[0] ?? []).filter((text) => text !== null));
  return nearestWord(name, tables);
}

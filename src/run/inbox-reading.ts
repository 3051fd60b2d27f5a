// The pushed rows of a drain, as a source would return them.
//
// Each row has a tie_break: its place in the inbox. So the row check, staging and the merge are those of every other view,
// and of equal keys the row that was pushed last wins.

import { joinParts } from '../core/entity-id.ts';
import { ENTITY_ID, isComposite, keyColumns } from '../definition/entity.ts';
import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import type { Database } from '../postgres/database.ts';
import type { Column, RowBatch } from '../rows/batch.ts';
import { type MarkedEntry, markedEntries, markInbox } from '../state/inbox/drain.ts';
import type { Run } from '../state/runs/run.ts';

export type InboxReading = {
  readonly columns: readonly Column[];
  readonly notes: readonly string[];
  /** It has none. */
  readonly files: null;
  rows(): AsyncGenerator<RowBatch>;
};

const TIE_BREAK = 'tie_break';
const TIMESTAMP = 'timestamp';
/** More than an entry has rows. */
const PLACES_PER_ENTRY = 1_000n;

/** The columns of pushed rows for the row check on arrival. */
export function pushedColumns(view: FeatureView): Column[] {
  return columnsOf(view, keyColumns(view));
}

/**
 * The columns of the inbox. The components of a composite entity are joined there, so that an edit of them finds the key of
 * waiting rows as it finds that of stored rows.
 */
export function inboxColumns(view: FeatureView): Column[] {
  return columnsOf(view, [ENTITY_ID]);
}

/** The cells of an accepted row in the order of `inboxColumns`, from those in the order of `pushedColumns`. */
export function inboxCells(view: FeatureView, cells: readonly (string | null)[]): readonly (string | null)[] {
  if (!isComposite(view)) return cells;
  const { length } = keyColumns(view);
  return [joinedKey(cells.slice(0, length)), ...cells.slice(length)];
}

/** Null if a component is. */
function joinedKey(parts: readonly (string | null)[]): string | null {
  const texts = parts.filter((part) => part !== null);
  return texts.length === parts.length ? joinParts(texts) : null;
}

function columnsOf(view: FeatureView, keys: readonly string[]): Column[] {
  const column = (name: string, type: Column['type']): Column => ({ name, type, nativeType: type });
  return [
    ...keys.map((name) => column(name, 'text')),
    column(TIMESTAMP, 'text'),
    ...view.features.map((feature) => column(feature.column, columnTypeOf(feature.type))),
  ];
}

function columnTypeOf(type: FeatureView['features'][number]['type']): Column['type'] {
  const [first] = entryOf(type).columns;
  // Pushed integers may be written as 1.0, and times without an offset are UTC.
  return type === 'int' ? 'decimal' : type === 'timestamp' ? 'text' : first;
}

/** Marks the rows of the inbox and reads them. @throws Failure LEASE_LOST */
export async function readInbox(database: Database, run: Run): Promise<InboxReading> {
  await markInbox(database, run);
  const columns = [...inboxColumns(run.view), { name: TIE_BREAK, type: 'decimal', nativeType: 'decimal' } as const];
  const names = columns.map(({ name }) => name);
  return {
    columns,
    notes: [],
    files: null,
    rows: async function* () {
      for await (const entry of markedEntries(database, run)) yield batchOf(entry, names);
    },
  };
}

/** An entry that was pushed under another definition has no value for new columns, and values that are no longer wanted. */
function batchOf({ id, columns, data }: MarkedEntry, names: readonly string[]): RowBatch {
  const rows = JSON.parse(data) as readonly (readonly (string | null)[])[]; // as the API wrote it
  const first = BigInt(id) * PLACES_PER_ENTRY;
  const cells = names.map((name) => {
    if (name === TIE_BREAK) return rows.map((_, place) => String(first + BigInt(place)));
    if (name === ENTITY_ID) return rows.map((row) => keyIn(columns, row));
    const index = columns.indexOf(name);
    return rows.map((row) => (index === -1 ? null : (row[index] ?? null)));
  });
  return { rows: rows.length, columns: cells };
}

/** The key of a row. Entries of earlier releases have the components of a composite entity as their first columns. */
function keyIn(columns: readonly string[], row: readonly (string | null)[]): string | null {
  const index = columns.indexOf(ENTITY_ID);
  if (index !== -1) return row[index] ?? null;
  return joinedKey(row.slice(0, columns.indexOf(TIMESTAMP)));
}

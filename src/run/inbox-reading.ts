// The pushed rows of a drain, as a source would return them.
//
// Each row has a tie_break: its place in the inbox. So the row check, staging and the merge are those of every other view,
// and of equal keys the row that was pushed last wins.

import { joinParts } from '../core/entity-id.ts';
import { ENTITY_ID, isComposite, keyColumns } from '../definition/entity.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import type { Database } from '../postgres/database.ts';
import type { Column, RowBatch } from '../rows/batch.ts';
import { type MarkedEntry, markedEntries, markInbox, PLACES_PER_ENTRY } from '../state/inbox/drain.ts';
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
const VALUE = 'value';

/** The columns of pushed rows for the row check on arrival. */
export function pushedColumns(view: FeatureView): Column[] {
  return columnsOf(view, keyColumns(view));
}

/**
 * The names of the cells of a row in the inbox. They are those of the offline store: a joined key, and each feature under its
 * name, with the columns of the features. So an edit of the view finds the values of waiting rows as it finds those of stored
 * rows.
 */
export function inboxColumns(view: FeatureView): Pick<MarkedEntry, 'columns'> & { cellColumns: readonly string[] } {
  const { features } = view;
  return {
    columns: [ENTITY_ID, TIMESTAMP, ...features.map(({ name }) => name)],
    cellColumns: [ENTITY_ID, TIMESTAMP, ...features.map(({ column }) => column)],
  };
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
    ...view.features.map((feature) => column(feature.column, entryOf(feature.type).pushedAs)),
  ];
}

/** Marks the rows of the inbox and reads them. @throws Failure LEASE_LOST */
export async function readInbox(database: Database, run: Run): Promise<InboxReading> {
  await markInbox(database, run);
  return {
    columns: [...columnsOf(run.view, [ENTITY_ID]), { name: TIE_BREAK, type: 'decimal', nativeType: 'decimal' }],
    notes: [],
    files: null,
    rows: async function* () {
      for await (const entry of markedEntries(database, run)) yield batchOf(entry, run.view);
    },
  };
}

/** An entry that was pushed under another definition has no value for new features, and values that are no longer wanted. */
function batchOf({ id, columns, cellColumns, data }: MarkedEntry, view: FeatureView): RowBatch {
  const rows = JSON.parse(data) as readonly (readonly (string | null)[])[]; // as the API wrote it
  const first = BigInt(id) * BigInt(PLACES_PER_ENTRY);
  const cellsIn = (index: number) => rows.map((row) => (index === -1 ? null : (row[index] ?? null)));
  return {
    rows: rows.length,
    columns: [
      rows.map((row) => keyIn(columns, row)),
      cellsIn(columns.indexOf(TIMESTAMP)),
      ...view.features.map((feature) =>
        cellsIn(
          cellColumns === null
            ? featureIn(columns, feature, view)
            : pushedFeatureIn({ columns, cellColumns }, feature, view),
        ),
      ),
      rows.map((_, place) => String(first + BigInt(place))),
    ],
  };
}

/**
 * The place of a feature; -1 if the entry lacks it. A feature of the same column keeps its value under another name; otherwise one of the
 * same name does, as in the offline table.
 */
function pushedFeatureIn(
  { columns, cellColumns }: ReturnType<typeof inboxColumns>,
  { name, column }: Feature,
  { features }: FeatureView,
): number {
  const ofColumn = cellColumns.indexOf(column);
  if (ofColumn !== -1) return ofColumn;
  const ofName = columns.indexOf(name);
  return features.some((other) => other.column === cellColumns[ofName]) ? -1 : ofName;
}

/**
 * The place of a feature in an entry of an earlier release; -1 if the entry lacks it. The column `value` is named `value` if the view
 * listed it when the entry was pushed. Of a view with one feature, it may be named after the view.
 */
function featureIn(columns: readonly string[], { name, column }: Feature, view: FeatureView): number {
  const listed = name === column ? -1 : columns.indexOf(column);
  const place = listed === -1 ? columns.indexOf(name) : listed;
  if (place !== -1) return place;
  const isOnly = columns.indexOf(TIMESTAMP) === columns.length - 2;
  const [one, other] = name === view.name ? [VALUE, name] : [view.name, VALUE];
  const isWanted = view.features.some((feature) => feature.name === one);
  return isOnly && columns.at(-1) === one && name === other && !isWanted ? columns.length - 1 : -1;
}

/** The key of a row. Entries of earlier releases have the components of a composite entity as their first columns. */
function keyIn(columns: readonly string[], row: readonly (string | null)[]): string | null {
  const index = columns.indexOf(ENTITY_ID);
  if (index !== -1) return row[index] ?? null;
  return joinedKey(row.slice(0, columns.indexOf(TIMESTAMP)));
}

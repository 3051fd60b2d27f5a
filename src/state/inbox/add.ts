// The inbox: pushed rows that are not in the offline store yet.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { Session } from '../../postgres/session.ts';

/** The most rows of one entry. */
export const ENTRY_ROWS_MAX = 500;
/** An entry ends with the row that reaches this much text. */
export const ENTRY_CHARACTERS_MAX = 262_144;

/** Some rows of a push: `data` is a JSON list of rows, each a list of strings and nulls in the order of the columns. */
export type InboxEntry = { readonly rows: number; readonly data: string };

export type InboxRows = {
  readonly viewId: number;
  /** The name of each cell. */
  readonly columns: readonly string[];
  /** The `column` of each cell's feature. */
  readonly cellColumns: readonly string[];
  readonly entries: readonly InboxEntry[];
};

/** Adds the rows of a push and returns the ids of the entries. @throws Failure NOT_FOUND if the view is no longer of kind pushed */
export async function addToInbox(
  session: Session,
  { viewId, columns, cellColumns, entries }: InboxRows,
): Promise<number[]> {
  if (entries.length === 0) return [];
  const rows = await session.query<{ id: number }>(
    `insert into millrace.inbox (view_id, columns, cell_columns, rows, data)
     select $1, $2, $3, rows, data from unnest($4::int[], $5::text[]) with ordinality as e (rows, data, place) order by place
     returning id`,
    [viewId, columns, cellColumns, entries.map((entry) => entry.rows), entries.map((entry) => entry.data)],
  );
  await requirePushed(session, viewId);
  return rows.map(({ id }) => id);
}

/** After rows were added, which keeps the kind from changing: the API may have read the view some time ago. */
async function requirePushed(session: Session, viewId: number): Promise<void> {
  const [view] = await session.query<{ name: string; kind: string }>(
    'select name, kind from millrace.view where id = $1',
    [viewId],
  );
  if (view?.kind === 'pushed') return;
  throw new Failure(
    'NOT_FOUND',
    text`${safe(view?.name ?? 'The view')} is no longer a pushed view, so its rows come from its source: nothing was stored.`,
    { view: view?.name ?? null },
  );
}

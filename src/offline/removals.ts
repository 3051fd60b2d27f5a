// What replacing a row range would remove: asked before the commit, so that a source which has forgotten its past, or whose
// rows have become unreadable, cannot erase ours.

import type { Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import { hasNoRowIn, inRowRange, rangeOfRun, spanTime } from './replace.ts';
import { offlineTable } from './table.ts';

/** Rows that are stored in the range of a span. */
export type Removal = {
  readonly stored: number;
  /** Those that would go: no row that was read, accepted or refused, has their key. */
  readonly removed: number;
  /** Those that would stay as they are, because the row of their key was refused. */
  readonly kept: number;
  /** Those of the kept ones that an edit applied as `restate` has made wrong. */
  readonly outdated: number;
};

export const NO_REMOVAL: Removal = { stored: 0, removed: 0, kept: 0, outdated: 0 };

/** Which rows a run is to replace, and by what. */
export type Replacing = {
  readonly view: FeatureView;
  /** SQL: the multirange that an edit applied as `restate` has made wrong. */
  readonly redefined: string;
  readonly span: Interval;
  readonly staging: string;
  /** The table with the keys of refused rows; null where none was refused. */
  readonly refused: string | null;
};

/** What the commit of a run would do to the rows that are stored. */
export async function removedByReplacing(database: Database, replacing: Replacing): Promise<Removal> {
  const { view, redefined, span, staging, refused } = replacing;
  const range = inRowRange('o.event_timestamp', rangeOfRun(view, span));
  // As a condition, and not in the list of columns, the planner makes a join of it.
  const missing = `from ${offlineTable(view)} o where ${range} and ${hasNoRowIn(staging)}`;
  const counts = `select (select count(*) from ${offlineTable(view)} o where ${range}) as stored`;
  if (refused === null) {
    const [row] = await database.query<Pick<Removal, 'stored' | 'removed'>>(
      `${counts}, (select count(*) ${missing}) as removed`,
    );
    return { ...NO_REMOVAL, ...row };
  }
  const [row] = await database.query<Removal>(
    `${counts}, (select count(*) ${missing} and ${hasNoRowIn(refused)}) as removed, kept.rows as kept, kept.outdated
       from (select count(*) as rows, count(*) filter (where ${redefined} @> ${spanTime(view, 'o.event_timestamp')}) as outdated
               from (select o.event_timestamp ${missing} and not ${hasNoRowIn(refused)}) o) kept`,
  );
  return row ?? NO_REMOVAL;
}

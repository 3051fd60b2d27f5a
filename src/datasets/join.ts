// The point-in-time join of labels with one view, as SQL that makes one row per label.
//
// Two ways that give the same rows. `lookup`: for each label one descent of the primary key, in the order of the labels.
// `merge`: the labels and the rows in one sort, and the newest time seen so far, then the rows of these times. A merge reads
// every row of the range once, so it wins where labels are many for each row.

import type { Interval } from '../core/interval.ts';
import { offlineTable } from '../offline/table.ts';
import { identifier } from '../postgres/database.ts';
import {
  boundSql,
  isAliveSql,
  isKnownSql,
  isShownSql,
  isSinceSnapshotSql,
  type KnownView,
  knownFromSql,
} from './known.ts';

export type JoinWay = 'lookup' | 'merge';

export type Join = {
  readonly known: KnownView;
  /** Names of the view's features, in the order of the columns `f0`, `f1`, … */
  readonly features: readonly string[];
  /** SQL that yields `label_id`, `entity` (text collate "C") and `at`, in the order of entities where it can. */
  readonly labels: string;
  readonly holes: readonly Interval[];
  readonly way: JoinWay;
  /** SQL: a condition on rows `o` that all rows which count fulfil; narrows what a merge reads. */
  readonly range?: string;
};

/** Rows of a view for each label per row of the label: below this many rows per label a merge is chosen. */
const MERGE_ROWS_PER_LABEL_MAX = 2;

/** The way that reads less, by estimated counts. */
export function wayFor(labels: number, rows: number): JoinWay {
  return rows <= labels * MERGE_ROWS_PER_LABEL_MAX ? 'merge' : 'lookup';
}

/**
 * SQL that yields `label_id`, `event_timestamp` and `f0`, `f1`, … of each label: null where no row counts. `in_hole` says that
 * a hole may hold a newer row, so nothing is known; `is_early` is true for a row that serving could not have known, which the
 * conditions exclude.
 */
export function joinSql(join: Join): string {
  const { known, features, holes } = join;
  const early = `coalesce(${knownFromSql(known, 'n.event_timestamp')} > l.at, false) as is_early`;
  const columns = features.map((name, index) => `n.${identifier(name)} as f${index}`);
  const plain = join.way === 'merge' ? mergeFrom(join) : lookupFrom(join);
  if (holes.length === 0) {
    return `select l.label_id, n.event_timestamp, ${list([...columns, early])} false as in_hole ${plain}`;
  }
  const kept = features.map((_, index) => `case when not in_hole then f${index} end as f${index}`);
  const hidden = `hole.at is not null and (n.event_timestamp is null or n.event_timestamp <= hole.at) and ${isAliveSql(known, 'hole.at', 'l.at')}${isSinceSnapshotSql(known, 'hole.at', 'l.at')}`;
  return `select label_id, case when not in_hole then event_timestamp end as event_timestamp, ${list(kept)} is_early, in_hole
    from (select l.label_id, n.event_timestamp, ${list([...columns, early])} ${hidden} as in_hole
            ${plain} cross join lateral (${lastHoleSql(join)}) hole) joined`;
}

function list(columns: readonly string[]): string {
  return columns.map((column) => `${column}, `).join('');
}

function lookupFrom({ known, labels }: Join): string {
  return `from (${labels}) l left join lateral (
      select o.* from ${offlineTable(known.view)} o
       where o.entity_id = l.entity and ${isKnownSql(known, 'o.event_timestamp', boundSql(known, 'l.at'))}
         and ${isAliveSql(known, 'o.event_timestamp', 'l.at')}${isShownSql(known, 'o', 'l.at')}
       order by o.event_timestamp desc limit 1) n on true`;
}

function mergeFrom({ known, labels, range = 'true' }: Join): string {
  const table = offlineTable(known.view);
  // Of a row and a label at the same instant the row comes first where it is known at its own bound.
  const [ofRow, ofLabel] = known.view.kind === 'events' ? [1, 0] : [0, 1];
  return `from (
      select label_id, entity, at, newest from (
        select label_id, entity, at, max(event_timestamp) over (
                 partition by entity order by place, turn rows between unbounded preceding and current row) as newest
          from (select null::bigint as label_id, o.entity_id as entity, null::timestamptz as at, o.event_timestamp,
                       o.event_timestamp as place, ${ofRow} as turn from ${table} o where ${range}
                union all
                select label_id, entity, at, null, ${boundSql(known, 'at')}, ${ofLabel} from (${labels}) labels) sorted) passed
       where label_id is not null) l
      left join ${table} n on n.entity_id = l.entity and n.event_timestamp = l.newest and ${isAliveSql(known, 'n.event_timestamp', 'l.at')}${isShownSql(known, 'n', 'l.at')}`;
}

/** The last instant before a label's bound at which a row may be in a hole; null where no hole begins before it. */
function lastHoleSql({ known, holes }: Join): string {
  const bound = boundSql(known, 'l.at');
  const spans = holes.map(({ start, end }) => `(${instantSql(start)}, ${instantSql(end)})`).join(', ');
  const last = `max(least(hole.upper, ${bound}))`;
  const at = known.view.kind === 'events' ? `${last} - interval '1 microsecond'` : last;
  return `select ${at} as at from (values ${spans}) as hole (lower, upper) where hole.lower < ${bound}`;
}

function instantSql(instant: number): string {
  return `timestamptz '${new Date(instant).toISOString()}'`;
}

// Which rows of a view count for a label: those that serving could have known at its time (docs/guides/training-sets.md).
//
// A row is known from the end of its unit + settle + delay onward. In other words, its unit ends at or before a bound,
// the label's moment − settle − delay cut down to the grid. So the bound of a label is one instant per view, and no
// condition on rows ever looks past it.

import { type FeatureView, hasIntervals } from '../definition/view.ts';
import { newestAtSql, shownAt } from '../state/views/complete.ts';

/** A view as a training set reads it. */
export type KnownView = {
  readonly view: FeatureView;
  readonly delayMs: number;
  readonly ageMaxMs: number | null;
};

/** SQL: the bound of a label at `at`. Rows of units that end at or before it are known. */
export function boundSql({ view, delayMs }: KnownView, at: string): string {
  if (!hasIntervals(view.kind)) return `(${at} - ${intervalSql(delayMs)})`;
  const latest = `${at} - ${intervalSql(view.settleMs + delayMs)}`;
  return `date_bin(${intervalSql(view.unitMs)}, ${latest}, ${EPOCH})`;
}

/** SQL: whether a row of time `time` is known at a bound. Events of a unit lie before its end, snapshots at it too. */
export function isKnownSql({ view }: KnownView, time: string, bound: string): string {
  return `${time} ${view.kind === 'events' ? '<' : '<='} ${bound}`;
}

/** SQL: whether a row of time `time` still counts at `at`: it is neither past the view's ttl nor older than age_max. */
export function isAliveSql({ view, ageMaxMs }: KnownView, time: string, at: string): string {
  const limits = [
    ...(view.ttlMs === null ? [] : [`${time} > ${at} - ${intervalSql(view.ttlMs)}`]),
    ...(ageMaxMs === null ? [] : [`${time} >= ${at} - ${intervalSql(ageMaxMs)}`]),
  ];
  return limits.length === 0 ? 'true' : limits.join(' and ');
}

/** SQL: ` and …` whether a row of a complete view counts at `at`: its entity is in the newest snapshot that is known there. */
export function isShownSql(known: KnownView, row: string, at: string): string {
  const shown = shownAt(known.view);
  return shown === null ? '' : ` and ${shown(`${row}.entity_id`, `${row}.event_timestamp`, boundSql(known, at))}`;
}

/** SQL: ` and …` whether a time is not before the newest complete snapshot that is known at `at`, which says all of what was before it. */
export function isSinceSnapshotSql(known: KnownView, time: string, at: string): string {
  if (known.view.complete === undefined) return '';
  return ` and ${time} >= coalesce(${newestAtSql(known.view, boundSql(known, at))}, '-infinity')`;
}

/** SQL: from when on a row of time `time` was known. For a check that does not depend on bounds. */
export function knownFromSql({ view, delayMs }: KnownView, time: string): string {
  if (!hasIntervals(view.kind)) return `(${time} + ${intervalSql(delayMs)})`;
  const unit = intervalSql(view.unitMs);
  const floor = `date_bin(${unit}, ${time}, ${EPOCH})`;
  const end =
    view.kind === 'events'
      ? `${floor} + ${unit}`
      : `case when ${floor} = ${time} then ${time} else ${floor} + ${unit} end`;
  return `(${end} + ${intervalSql(view.settleMs + delayMs)})`;
}

/** How far before a label rows may count: the longer of ttl and age_max; null where nothing limits it. */
export function reachMs({ view, ageMaxMs }: KnownView): number | null {
  if (view.ttlMs === null) return ageMaxMs;
  return ageMaxMs === null ? view.ttlMs : Math.max(view.ttlMs, ageMaxMs);
}

const EPOCH = `timestamptz '1970-01-01 00:00:00+00'`;

function intervalSql(ms: number): string {
  return `interval '${ms} milliseconds'`;
}

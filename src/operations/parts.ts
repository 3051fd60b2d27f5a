// The partial aggregates of an incremental view, which operations on the view plan with it.

import { epochMsOf, isRepresentable } from '../core/instant.ts';
import { longestWindow } from '../definition/declared/declared.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { lockPlanning } from '../state/locks.ts';
import { type Planned, planLocked, type TimeRange } from '../state/planning/planning.ts';
import type { RunOptions } from '../state/runs/run.ts';
import { type Restated, restate } from '../state/views/edit.ts';
import type { AppliedView } from '../state/views/views.ts';
import { withPartsOf } from './views.ts';

/** The range of parts that are combined to the units of a range; the same range for other views. */
export function rangeOfParts({ view }: AppliedView, range: TimeRange): TimeRange {
  const { declared, unitMs, incremental } = view;
  if (range.from === null || declared === undefined || incremental !== true) return range;
  const longestMs = longestWindow(declared) ?? unitMs;
  const from = epochMsOf(range.from - longestMs + unitMs);
  return { ...range, from: isRepresentable(from) ? from : null };
}

/**
 * Reads the parts again that the units of a range are combined from, as a view without parts would read all rows of their
 * windows. Nothing for other views.
 */
export async function restateParts(
  session: Session,
  applied: AppliedView,
  whole: TimeRange,
  options: RunOptions,
): Promise<Planned & Pick<Restated, 'releasedUnits'> & { readonly range: TimeRange }> {
  const range = rangeOfParts(applied, whole);
  const parts = await lockParts(session, applied);
  if (parts === null) return { runs: [], left: [], releasedUnits: 0, range };
  return { ...(await restate(session, parts, range, options)), range };
}

/**
 * Plans the parts that are due in the windows of a range, and returns how many did not fit: no process plans these later.
 * Nothing for other views.
 */
export async function planParts(
  session: Session,
  applied: AppliedView,
  whole: TimeRange,
  options: RunOptions,
): Promise<Planned> {
  const parts = await lockParts(session, applied);
  if (parts === null) return { runs: [], left: [] };
  const planning = { reason: 'manual', options, within: rangeOfParts(applied, whole) } as const;
  return planLocked(session, parts.id, planning);
}

/**
 * The deployed parts of an incremental view; null for other views. Locks the planning of both views in the order of all
 * transactions, so before any other lock of one of them.
 */
export async function lockParts(session: Session, applied: AppliedView): Promise<AppliedView | null> {
  const parts = await partsOf(session, applied);
  if (parts === null) return null;
  for (const id of [parts.id, applied.id].sort((a, b) => a - b)) await lockPlanning(session, id);
  return parts;
}

/** The deployed parts of an incremental view; null for other views. */
export async function partsOf(where: Database | Session, applied: AppliedView): Promise<AppliedView | null> {
  const [first] = await withPartsOf(where, [applied]);
  return first === undefined || first.id === applied.id ? null : first;
}

// The rules of complete views for snapshots that are not stored: who is missing compared with the one before.

import { type Message, safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import type { RunCounts } from '../state/runs/run.ts';
import type { Snapshots } from '../state/views/snapshot-comparison.ts';
import { saysWhoIsMissing } from '../state/views/snapshots.ts';
import { isSnapshotEmptied, isSnapshotShort } from './rules.ts';

export type UnstoredSnapshot = {
  readonly counts: RunCounts;
  /** Also those of refused rows. */
  readonly entities: ReadonlySet<string>;
  /** Whether a run with these rows violates no other rule. */
  readonly isSound: boolean;
};

/** Compares the entities of a snapshot with those of the one before it: the stored one, if null. */
export type CompareStored = (entities: readonly string[], before: readonly string[] | null) => Promise<Snapshots>;

/**
 * Judges snapshots of a view, oldest first, and returns why a run would fail. Each is compared with the one before it that
 * a run would store, and the first with the stored one.
 */
export function snapshotRule(
  view: FeatureView,
): (snapshot: UnstoredSnapshot, compareStored: CompareStored) => Promise<Message | null> {
  let earlier: ReadonlySet<string> | null = null;
  return async ({ counts, entities, isSound }, compareStored) => {
    if (view.complete === undefined) return null;
    const found = await compareStored([...entities], earlier === null ? null : [...earlier]);
    const broken = brokenBy(view, found);
    const isNext = isSound && broken === null;
    const { wasEmpty } = found;
    if (isNext && saysWhoIsMissing({ view, counts, options: { allowRemovals: false }, wasEmpty })) earlier = entities;
    return broken;
  };
}

function brokenBy(view: FeatureView, found: Snapshots): Message | null {
  const { before, missing } = found;
  if (isSnapshotEmptied(view, found)) {
    return text`The snapshot is empty, but the previous one has ${safe(before === 1 ? '1 entity' : `${before} entities`)}, so all of their values would be removed. To store it, set allow_empty: true in the view, or use --allow-removals.`;
  }
  if (!isSnapshotShort(view, found)) return null;
  return text`${safe(missing)} of the ${safe(before)} entities in the previous snapshot are missing, more than removed_max allows.`;
}

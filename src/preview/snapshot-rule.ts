// The rules of complete views for a preview: who is missing compared with the snapshot before it.

import type { Interval } from '../core/interval.ts';
import { safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Reads } from '../run/given-checks.ts';
import { isSnapshotEmptied, isSnapshotShort } from '../run/rules.ts';
import type { RunCounts } from '../state/runs/run.ts';
import { compareWithStored, type Snapshots, saysWhoIsMissing } from '../state/views/snapshots.ts';
import type { KeptRows } from './accepted-rows.ts';
import type { BrokenRule } from './broken-rules.ts';

type Previewed = {
  readonly span: Interval | null;
  readonly counts: RunCounts;
  readonly rows: KeptRows;
  /** Whether a run with these rows breaks no other rule. */
  readonly isSound: boolean;
};

const OPTIONS = { allowRemovals: false };

/**
 * Judges the snapshots of a preview, oldest first. Each is compared with the one before it: that of the preview if a run
 * would store it, else the stored one.
 */
export function snapshotRule(
  view: FeatureView,
  viewId: number | null,
): (reads: Reads, previewed: Previewed) => Promise<BrokenRule[]> {
  let earlier: ReadonlySet<string> | null = null;
  return async (reads, { span, counts, rows, isSound }) => {
    if (view.complete === undefined || span === null) return [];
    const entities = new Set([...rows.accepted.map(([entityId]) => entityId ?? ''), ...rows.refusedEntities]);
    const found: Snapshots =
      earlier === null
        ? await reads((session) => compareWithStored(session, { viewId, view, span }, [...entities]))
        : {
            entities: entities.size,
            before: earlier.size,
            missing: [...earlier].filter((entity) => !entities.has(entity)).length,
          };
    const broken = brokenBy(view, found);
    if (isSound && broken.length === 0 && saysWhoIsMissing({ view, counts, options: OPTIONS })) earlier = entities;
    return broken;
  };
}

function brokenBy(view: FeatureView, found: Snapshots): BrokenRule[] {
  const { before, missing } = found;
  if (isSnapshotEmptied(view, found)) {
    const message = text`The snapshot is empty, and the one before it has ${safe(before)} entities, which would lose their values. A run stores such a snapshot only if the view has allow_empty: true, or with --allow-removals.`;
    return [{ code: 'CHECK_FAILED', message }];
  }
  if (!isSnapshotShort(view, found)) return [];
  const message = text`The snapshot lacks ${safe(missing)} of the ${safe(before)} entities of the one before it, more than removed_max allows.`;
  return [{ code: 'CHECK_FAILED', message }];
}

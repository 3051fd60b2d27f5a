// The rules that a run as a whole must keep before its rows are stored (DESIGN 7): pure.

import { Failure } from '../core/failure.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Profile } from '../offline/profile.ts';
import { REDACTED } from '../rows/refusal.ts';
import type { Run } from '../state/run.ts';

/** A handful of bad rows never stops a run, whatever their share. */
const ROWS_TOLERATED = 10;

/** The first rule that the run breaks, as the failure that says so; null where it keeps them all. */
export function brokenRule(
  run: Run,
  profile: Profile,
  removal: { readonly stored: number; readonly removed: number },
): Failure | null {
  return refusedTooMany(run) ?? tooFewRows(run) ?? badFeature(run, profile) ?? removedTooMany(run, removal);
}

function refusedTooMany({ id, view, counts }: Run): Failure | null {
  const share = counts.refused / Math.max(1, counts.read);
  if (counts.refused <= ROWS_TOLERATED || share <= view.refusedMax) return null;
  const reasons = Object.entries(counts.refusedBy)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, rows]) => `${reason} ${rows}`)
    .join(', ');
  return new Failure(
    'ROWS_REFUSED',
    `Of ${counts.read} rows of ${view.name} ${counts.refused} (${percent(share)}) were refused (${reasons}), and refused_max is ${percent(view.refusedMax)}: look at them with "millrace quarantine ${view.name}", then mend the query or raise refused_max.`,
    { run: id, read: counts.read, refused: counts.refused },
  );
}

function tooFewRows({ id, view, counts }: Run): Failure | null {
  if (counts.accepted >= view.rowsMin) return null;
  return new Failure(
    'CHECK_FAILED',
    `${view.name} yielded ${counts.accepted} good rows, and its rows_min is ${view.rowsMin}.`,
    { run: id, accepted: counts.accepted },
  );
}

function badFeature({ id, view, counts }: Run, profile: Profile): Failure | null {
  for (const feature of view.features) {
    const seen = profile.features[feature.name];
    if (seen === undefined) continue;
    const nullShare = seen.nulls / Math.max(1, counts.accepted);
    const broken = [
      feature.nullsMax !== null && nullShare > feature.nullsMax
        ? `${percent(nullShare)} of its values are null, and nulls_max is ${percent(feature.nullsMax)}`
        : null,
      feature.min !== null && seen.min !== null && Number(seen.min) < feature.min
        ? `its least value is ${shown(view, seen.min)}, and min is ${feature.min}`
        : null,
      feature.max !== null && seen.max !== null && Number(seen.max) > feature.max
        ? `its greatest value is ${shown(view, seen.max)}, and max is ${feature.max}`
        : null,
    ].find((sentence) => sentence !== null);
    if (broken != null) {
      return new Failure('CHECK_FAILED', `Feature ${feature.name} of ${view.name} fails its check: ${broken}.`, {
        run: id,
      });
    }
  }
  return null;
}

function shown({ redacted }: FeatureView, value: string): string {
  return redacted ? REDACTED : value;
}

function removedTooMany(run: Run, { stored, removed }: { stored: number; removed: number }): Failure | null {
  const share = removed / Math.max(1, stored);
  if (run.options.allowRemovals || removed <= ROWS_TOLERATED || share <= run.view.removedMax) return null;
  return new Failure(
    'CHECK_FAILED',
    `The source of ${run.view.name} no longer has ${removed} of the ${stored} rows stored for this span (${percent(share)}), and removed_max is ${percent(run.view.removedMax)}: if they should go, run "millrace restate ${run.view.name} --allow-removals" with its --from and --to.`,
    { run: run.id, stored, removed },
  );
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(share > 0 && share < 0.001 ? 4 : 2))} %`;
}

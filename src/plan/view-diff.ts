// How a definition differs from the deployed one of the same name. Pure.

import { structuredPatch } from 'diff';
import { rebuildFingerprint } from '../definition/fingerprint.ts';
import type { FeatureView } from '../definition/view.ts';
import { viewText } from '../definition/view-text.ts';

/** rows: stored rows may be wrong, and `millrace apply` must declare what the edit means. rebuild: the online store is rewritten. nothing: no row changes. */
export type ChangeCategory = 'rows' | 'rebuild' | 'nothing';

/** The category of a change that does not affect rows. */
export function metaCategory(before: FeatureView, after: FeatureView): ChangeCategory {
  return rebuildFingerprint(before) === rebuildFingerprint(after) ? 'nothing' : 'rebuild';
}

/** The unified diff of both views in their normal form: `@@ …`, ` same`, `-before`, `+after`; empty if they are equal. */
export function viewDiff(before: FeatureView, after: FeatureView): string[] {
  const { hunks } = structuredPatch('', '', viewText(before), viewText(after), '', '', { context: 1 });
  return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
}

// How a definition differs from the one of its name that is applied, for people: pure.

import { structuredPatch } from 'diff';
import { rebuildFingerprint } from '../definition/fingerprint.ts';
import type { FeatureView } from '../definition/view.ts';
import { viewText } from '../definition/view-text.ts';

/** rows: what is stored may be wrong, and somebody has to say. rebuild: online follows by itself. nothing: no row is touched. */
export type ChangeCategory = 'rows' | 'rebuild' | 'nothing';

/** What a change asks for that leaves rows as they are. */
export function metaCategory(before: FeatureView, after: FeatureView): ChangeCategory {
  return rebuildFingerprint(before) === rebuildFingerprint(after) ? 'nothing' : 'rebuild';
}

/** The lines of a unified diff of both in their normal form: `@@ …`, ` same`, `-before`, `+after`; none where they are equal. */
export function viewDiff(before: FeatureView, after: FeatureView): string[] {
  const { hunks } = structuredPatch('', '', viewText(before), viewText(after), '', '', { context: 1 });
  return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
}

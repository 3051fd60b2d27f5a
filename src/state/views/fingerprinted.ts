// Views with their fingerprints, and the hidden views that come with them.

import { partsView } from '../../definition/declared/parts.ts';
import { dataFingerprint, metaFingerprint, rebuildFingerprint } from '../../definition/fingerprint.ts';
import type { FeatureView } from '../../definition/view.ts';

/** A definition with its two fingerprints, and the one that triggers an online rebuild. */
export type FingerprintedView = {
  readonly view: FeatureView;
  readonly data: string;
  readonly meta: string;
  readonly rebuild: string;
};

/** A definition with its fingerprints. */
export function fingerprinted(view: FeatureView): FingerprintedView {
  return { view, data: dataFingerprint(view), meta: metaFingerprint(view), rebuild: rebuildFingerprint(view) };
}

/** Each definition once, the parts of an incremental view before the view. */
export function withParts(definitions: readonly FingerprintedView[]): FingerprintedView[] {
  const all = definitions.flatMap((definition) => {
    const parts = partsView(definition.view);
    return parts === null ? [definition] : [fingerprinted(parts), definition];
  });
  return [...new Map(all.map((definition) => [definition.view.name, definition])).values()];
}

/** The views with edits of these names to settle: an edit of parts is settled with their view. */
export function viewsToSettle(
  defined: readonly FingerprintedView[],
  edited: readonly string[],
): readonly FingerprintedView[] {
  const names = new Set(defined.flatMap(({ view }) => (edited.includes(view.name) ? [view.partsOf ?? view.name] : [])));
  return defined.filter(({ view }) => names.has(view.name));
}

// Names of features in requests and services: `view:feature`, or `view` for all features of a view.

import type { Feature, FeatureView } from '../../definition/view.ts';
import { nearestWord } from '../../definition/yaml/nearest.ts';
import { Problem } from '../problem.ts';

/** A feature that was requested. `name` is its name in the response, and `member` the same as JSON. */
export type WantedFeature = { readonly name: string; readonly member: string; readonly feature: Feature };

/** A view with the features of it that were requested. */
export type WantedView = { readonly view: FeatureView; readonly wanted: readonly WantedFeature[] };

/** `view`, for a view with one feature of the same name; otherwise `view:feature`. */
export function nameOf(view: FeatureView, feature: Feature): string {
  return view.features.length === 1 && feature.name === view.name ? view.name : `${view.name}:${feature.name}`;
}

/** The requested features by view, each once, in order. @throws Problem REQUEST_INVALID; Failure as `require` */
export async function wantedViews(
  refs: readonly string[],
  require: (view: string) => Promise<FeatureView>,
): Promise<WantedView[]> {
  const found = new Map<string, { view: FeatureView; wanted: Map<string, WantedFeature> }>();
  for (const ref of refs) {
    const [viewName = '', featureName] = ref.split(':', 2);
    const view = found.get(viewName)?.view ?? (await require(viewName));
    const entry = found.get(viewName) ?? { view, wanted: new Map() };
    found.set(viewName, entry);
    for (const feature of featureName === undefined ? view.features : [featureOf(view, featureName)]) {
      const name = nameOf(view, feature);
      entry.wanted.set(name, { name, member: JSON.stringify(name), feature });
    }
  }
  return [...found.values()].map(({ view, wanted }) => ({ view, wanted: [...wanted.values()] }));
}

function featureOf(view: FeatureView, name: string): Feature {
  const found = view.features.find((feature) => feature.name === name);
  if (found !== undefined) return found;
  const known = view.features.map((feature) => feature.name);
  const nearest = nearestWord(name, known);
  const hint = nearest === null ? `it has ${known.slice(0, 8).join(', ')}.` : `did you mean ${view.name}:${nearest}?`;
  throw new Problem('NOT_FOUND', `The view ${view.name} has no feature ${JSON.stringify(name)}: ${hint}`);
}

/** How many features were requested of these views. */
export function featuresIn(views: readonly WantedView[]): number {
  return views.reduce((sum, { wanted }) => sum + wanted.length, 0);
}

/** The view as a read of these features needs it. */
export function narrowed({ view, wanted }: WantedView): FeatureView {
  return { ...view, features: wanted.map(({ feature }) => feature) };
}

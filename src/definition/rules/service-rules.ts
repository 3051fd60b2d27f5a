// Rules of services: each feature exists, is named once, and has a default of its type.

import { entryOf, type FeatureType } from '../../feature-types/index.ts';
import { expandedFeatures } from '../declared/parse-declared.ts';
import type { ServiceFile } from '../files/service-file.ts';
import type { ViewFile } from '../files/view-file.ts';
import type { Draft } from '../yaml/load-files.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { formatKeyPath, type KeyPath, type Problem } from '../yaml/problem.ts';

type Named = { readonly name: string; readonly type: FeatureType };

/** A problem for each unknown or duplicate feature, and each default of the wrong type. */
export function serviceProblems(services: readonly Draft<ServiceFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  const known = new Map(views.flatMap(({ sound }) => (sound.name === undefined ? [] : [[sound.name, sound] as const])));
  return services.flatMap(({ yaml, sound: { features = [] } }) => {
    const names = features.map((one) => (typeof one === 'string' ? one : one.feature));
    return features.flatMap((one, index) => {
      const path: KeyPath = typeof one === 'string' ? ['features', index] : ['features', index, 'feature'];
      const at = (where: KeyPath, wrong: string) => [yaml.problemAt(where, `\`${formatKeyPath(where)}\`: ${wrong}`)];
      const name = names[index] ?? '';
      if (names.indexOf(name) !== index) return at(path, `duplicate '${name}'`);
      const found = featuresNamed(name, known);
      if (typeof found === 'string') return at(path, found);
      if (typeof one === 'string' || one.default === undefined) return [];
      const wrong = defaultWrong(one.default, found);
      return wrong === null ? [] : at(['features', index, 'default'], wrong);
    });
  });
}

/** The features that a name stands for, or what is wrong with it. */
function featuresNamed(name: string, views: ReadonlyMap<string, Draft<ViewFile>['sound']>): Named[] | string {
  const [viewName = '', featureName] = name.split(':');
  const view = views.get(viewName);
  if (view === undefined) return `there is no view '${viewName}'${didYouMean(viewName, [...views.keys()])}`;
  const all = featuresOf(view);
  // An invalid feature list is reported at its view.
  if (all === null || featureName === undefined) return all ?? [];
  const found = all.filter((feature) => feature.name === featureName);
  if (found.length > 0) return found;
  const hint = didYouMean(
    featureName,
    all.map((feature) => feature.name),
  );
  return `the view '${viewName}' has no feature '${featureName}'${hint}`;
}

function featuresOf({ name = '', features, type }: Draft<ViewFile>['sound']): Named[] | null {
  if (features !== undefined) return expandedFeatures(features).map(({ feature }) => feature);
  return type === undefined ? null : [{ name, type }];
}

function defaultWrong(value: string | number | boolean, features: readonly Named[]): string | null {
  const wrong = features.find(({ type }) => entryOf(type).isDefault?.(value) !== true);
  return wrong === undefined ? null : `expected a value of type ${wrong.type}, the type of '${wrong.name}'`;
}

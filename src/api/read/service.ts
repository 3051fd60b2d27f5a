// The age limits and defaults of a service.

import type { Service, ServiceFeature } from '../../definition/service.ts';
import { entryOf, type FeatureType } from '../../feature-types/index.ts';
import type { JsonValue } from '../../feature-types/json.ts';
import type { Cell } from './cell.ts';
import type { WantedView } from './feature-refs.ts';
import { type JsonText, NULL, type Numbers } from './json-value.ts';

/** What a service returns for a feature of its views: with its age limit and default. */
export function servedBy(
  { features }: Service,
  views: readonly WantedView[],
  numbers: Numbers,
): (name: string, cell: Cell) => Cell {
  const rules = new Map(
    views.flatMap(({ view, wanted }) =>
      wanted.map(({ name, feature }) => [
        name,
        { rule: ruleOf(features, view.name, feature.name), type: feature.type },
      ]),
    ),
  );
  return (name, cell) => {
    const { rule, type } = rules.get(name) ?? {};
    return rule === undefined
      ? cell
      : withDefault(rule, withinAge(rule, cell), (value) => defaultValue(type, value, numbers));
  };
}

/** The rule of a feature; one that names a whole view counts for all of its features. */
function ruleOf(features: readonly ServiceFeature[], view: string, name: string): ServiceFeature | undefined {
  return (
    features.find(({ feature }) => feature === `${view}:${name}`) ?? features.find(({ feature }) => feature === view)
  );
}

function withinAge({ ageMaxMs }: ServiceFeature, cell: Cell): Cell {
  if (ageMaxMs === null || cell.ageSeconds === null || cell.ageSeconds * 1_000 < ageMaxMs) return cell;
  return { ...cell, value: NULL, status: 'expired' };
}

/** The status still says why the default was used. */
function withDefault(rule: ServiceFeature, cell: Cell, written: (value: JsonValue) => JsonText): Cell {
  if (cell.status === 'present' || rule.default === undefined) return cell;
  return { ...cell, value: written(rule.default), isDefault: true };
}

/** A default as the values of its feature are written. */
function defaultValue(type: FeatureType | undefined, value: JsonValue, numbers: Numbers): JsonText {
  const isExact = numbers === 'exact' && type !== undefined && entryOf(type).arithmetic === 'exact';
  return JSON.stringify(isExact && typeof value === 'number' ? String(value) : value);
}

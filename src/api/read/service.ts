// The age limits and defaults of a service.

import type { Service, ServiceFeature } from '../../definition/service.ts';
import type { FeatureType } from '../../feature-types/index.ts';
import type { JsonValue } from '../../feature-types/json.ts';
import type { Cell, Cells, OnlineAnswer } from './cell.ts';
import type { Numbers } from './json-value.ts';

/** The features of a service by their names in the answer, and how numbers are written. */
export type Serving = {
  readonly service: Service;
  readonly types: ReadonlyMap<string, FeatureType>;
  readonly numbers: Numbers;
};

/** The answer as the service returns it. */
export function withService(serving: Serving, answer: OnlineAnswer): OnlineAnswer {
  return { ...answer, rows: answer.rows.map((row) => ({ ...row, features: served(serving, row.features) })) };
}

function served({ service: { features }, types, numbers }: Serving, cells: Cells): Cells {
  const result: Cells = {};
  for (const [name, cell] of Object.entries(cells)) {
    const rule = ruleOf(features, name);
    const written = (value: JsonValue) => defaultValue(types.get(name), value, numbers);
    result[name] = rule === undefined ? cell : withDefault(rule, withinAge(rule, cell), written);
  }
  return result;
}

/** The rule of a feature; one that names a whole view counts for all of its features. */
function ruleOf(features: readonly ServiceFeature[], name: string): ServiceFeature | undefined {
  return (
    features.find(({ feature }) => feature === name) ?? features.find(({ feature }) => feature === name.split(':')[0])
  );
}

function withinAge({ ageMaxMs }: ServiceFeature, cell: Cell): Cell {
  if (ageMaxMs === null || cell.age_seconds === null || cell.age_seconds * 1_000 < ageMaxMs) return cell;
  return { ...cell, value: null, status: 'expired' };
}

/** The status still says why the default was used. */
function withDefault(rule: ServiceFeature, cell: Cell, written: (value: JsonValue) => JsonValue): Cell {
  if (cell.status === 'present' || rule.default === undefined) return cell;
  return { ...cell, value: written(rule.default), is_default: true };
}

/** A default as the values of its feature are written. */
function defaultValue(type: FeatureType | undefined, value: JsonValue, numbers: Numbers): JsonValue {
  const isExact = numbers === 'exact' && (type === 'int' || type === 'decimal');
  return isExact && typeof value === 'number' ? String(value) : value;
}

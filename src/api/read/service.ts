// The age limits and defaults of a service.

import type { Service, ServiceFeature } from '../../definition/service.ts';
import type { Cell, Cells, OnlineAnswer } from './cell.ts';

/** The answer as the service returns it. */
export function withService(service: Service, answer: OnlineAnswer): OnlineAnswer {
  return { ...answer, rows: answer.rows.map((row) => ({ ...row, features: served(service, row.features) })) };
}

function served({ features }: Service, cells: Cells): Cells {
  const result: Cells = {};
  for (const [name, cell] of Object.entries(cells)) {
    const rule = ruleOf(features, name);
    result[name] = rule === undefined ? cell : withDefault(rule, withinAge(rule, cell));
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
function withDefault(rule: ServiceFeature, cell: Cell): Cell {
  if (cell.status === 'present' || rule.default === undefined) return cell;
  return { ...cell, value: rule.default, is_default: true };
}

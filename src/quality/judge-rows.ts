// The checks of rows and entities, from their counts.

import type { Check } from '../definition/check.ts';
import type { CheckOutcome } from './outcome.ts';

type PerRow = Extract<Check, { readonly atLeast: number }>;
type Entities = Extract<Check, { readonly kind: 'entities' }>;

export function judgeRows(check: PerRow, broken: number, rows: number): CheckOutcome {
  const isBroken = broken > 0 && (rows - broken) / Math.max(1, rows) < check.atLeast;
  return { check, state: isBroken ? 'broken' : 'passed', facts: { kind: 'rows', broken, rows } };
}

export function judgeEntities(check: Entities, entities: number): CheckOutcome {
  const { min, max } = check;
  const isBroken = (min !== null && entities < min) || (max !== null && entities > max);
  return { check, state: isBroken ? 'broken' : 'passed', facts: { kind: 'entities', entities } };
}

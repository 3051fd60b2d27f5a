// A check of a view as a test names it, and what the test expects of it.

import type { Check } from './check.ts';
import type { ViewTestFile } from './files/view-test-file.ts';

export type ExpectedCheck = ViewTestFile['expect']['checks'][number];

/** The kinds of checks that a test evaluates. The others compare with earlier intervals. */
export type TestedCheck = Extract<Check, { readonly kind: 'row' | 'matches' | 'unique' | 'entities' }>;

/** Whether the keys of an expectation name this check. Spacing of conditions does not matter. */
export function namesCheck(expected: ExpectedCheck, check: Check): boolean {
  switch (check.kind) {
    case 'row':
      return expected.row !== undefined && spaced(expected.row) === spaced(check.expression);
    case 'matches':
      return expected.matches === check.pattern && (expected.feature ?? check.feature) === check.feature;
    case 'unique':
      return expected.unique?.join() === check.features.join();
    case 'entities':
      return (
        expected.entities !== undefined &&
        (expected.entities.min ?? null) === check.min &&
        (expected.entities.max ?? null) === check.max
      );
    default:
      return false;
  }
}

/** The keys by which a test names a check. */
export function keysOf(check: TestedCheck): Omit<ExpectedCheck, 'result' | 'rows'> {
  switch (check.kind) {
    case 'row':
      return { row: check.expression };
    case 'matches':
      return { matches: check.pattern, feature: check.feature };
    case 'unique':
      return { unique: [...check.features] };
    case 'entities':
      return {
        entities: {
          ...(check.min === null ? {} : { min: check.min }),
          ...(check.max === null ? {} : { max: check.max }),
        },
      };
  }
}

function spaced(expression: string): string {
  return expression.trim().replace(/\s+/g, ' ');
}

import { describe, expect, test } from 'vitest';
import { loadDefinitions } from '../../../src/definition/load.ts';
import { at } from '../../support/views.ts';
import { problemsOf, projectFolder, SHOP, viewText } from '../project-folder.ts';

/** A view with two features and one check, as YAML. */
function withCheck(check: string): Record<string, string> {
  const features = '[{ name: amount, type: float }, { name: country, type: string }, { name: place, type: json }]';
  return { 'features/x.yaml': `${viewText({ type: null, features })}checks:\n  - ${check}\n` };
}

describe('checkFindings', () => {
  test.each([
    ['{ on_failure: warn }', '`checks[0]`: expected one of row, matches, unique, volume, drift, entities'],
    [
      '{ row: "amount > 0", volume: 40% }',
      '`checks[0].volume`: expected one kind of check, found row and volume; write a check for each',
    ],
    ['{ volume: 40%, psi: 0.2 }', '`checks[0].psi`: only for drift'],
    ['{ volume: 40%, on_failure: refuse }', '`checks[0].on_failure`: `refuse` is only for row and matches'],
    ['{ row: "amount > 0", on_failure: refuse, at_least: 99% }', '`checks[0].at_least`: only for `warn` and `fail`'],
    ['{ matches: "^a" }', '`checks[0].matches`: needs `feature`, the feature whose values must match'],
    ['{ matches: "(a", feature: country }', "`checks[0].matches`: '(a' is not a regular expression"],
    ['{ matches: "a", feature: amount }', '`checks[0].feature`: only for features of type string, found float'],
    ['{ matches: "a", feature: contry }', "`checks[0].feature`: unknown feature 'contry'; did you mean `country`?"],
    ['{ drift: place }', "`checks[0].drift`: 'place' has type json, which has no histogram"],
    ['{ drift: [amount, nothing], psi: 0 }', '`checks[0].psi`: expected more than 0, found 0'],
    ['{ entities: {} }', '`checks[0].entities`: needs `min` or `max`'],
    ['{ entities: { min: 5, max: 4 } }', '`checks[0].entities`: expected max to be at least min (5), found 4'],
    ['{ unique: [amount, id] }', "`checks[0].unique`: unknown feature 'id'"],
    [
      '{ row: "amont > 0" }',
      '`checks[0].row`: unknown column amont; expected entity_id, timestamp, amount, country, place',
    ],
    ['{ row: "amount >" }', '`checks[0].row`: syntax error at end of input (at character 9)'],
    ['{ rows: "amount > 0" }', 'unknown key `rows` in `checks[0]`; did you mean `row`?'],
  ])('reports %s', async (check, problem) => {
    expect((await problemsOf(withCheck(check))).join('\n')).toContain(problem);
  });
});

describe('parseCheck', () => {
  test.each([
    ['{ row: "amount > 0" }', { kind: 'row', expression: 'amount > 0', onFailure: 'fail', atLeast: 1 }],
    ['{ volume: 40% }', { kind: 'volume', share: 0.4, comparedTo: 8, same: 'weekday', onFailure: 'fail' }],
    [
      '{ drift: amount, on_failure: warn }',
      { kind: 'drift', features: ['amount'], psi: 0.2, comparedTo: 28, same: 'weekday', onFailure: 'warn' },
    ],
    [
      '{ drift: "*", psi: 0.1, compared_to: 10, same: any }',
      { kind: 'drift', features: null, psi: 0.1, comparedTo: 10, same: 'any', onFailure: 'fail' },
    ],
    ['{ entities: { min: 10 } }', { kind: 'entities', min: 10, max: null, onFailure: 'fail' }],
  ])('fills in the defaults of %s', async (check, parsed) => {
    using project = projectFolder({ ...SHOP, ...withCheck(check) });
    const { views } = await loadDefinitions(project.folder, at('2026-01-01'));
    expect(views.find(({ checks }) => checks !== undefined)?.checks).toEqual([parsed]);
  });
});

import { describe, expect, test } from 'vitest';
import { enumerationProblem, namesOf } from '../../src/definition/file-names.ts';

describe('namesOf', () => {
  test.each<[string, readonly string[]]>([
    ['a.csv', ['a.csv']],
    ['{a,b}/c[0-2].csv', ['a/c0.csv', 'a/c1.csv', 'a/c2.csv', 'b/c0.csv', 'b/c1.csv', 'b/c2.csv']],
    ['[x0-1x].csv', ['x.csv', '0.csv', '1.csv']],
    ['[[]{,.gz}', ['[', '[.gz']],
    ['[é-ë]', ['é', 'ê', 'ë']],
    ['a[.-0]b', ['a.b', 'a0b']],
    ['{.,..,}/a', []],
    ['[b-a]', []],
  ])('of %s are %j', (glob, names) => {
    expect(namesOf(glob)).toEqual(names);
  });
});

describe('enumerationProblem', () => {
  test.each([
    ['{yyyy}/{MM}-{dd}T{HH}.{csv,json}', null],
    ['[0-9][0-9][0-9]', null],
    ['[*?]', null],
    ['a*', /^has \*, but /],
    ['**/a', /^has \*, but /],
    ['[^0-9]', /^has \[\^0-9\], but /],
    ['[0-9][0-9][0-9][0-9]', /^expands to 10000 names/],
    ['[\u{1}-\u{10ffff}]', /^expands to 1001 names/],
  ])('of %s is %s', (pattern, problem) => {
    if (problem === null) expect(enumerationProblem(pattern)).toBe(null);
    else expect(enumerationProblem(pattern)).toMatch(problem);
  });
});

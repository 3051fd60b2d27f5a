import { describe, expect, test } from 'vitest';
import {
  formatKeyPath,
  formatProblem,
  invalidDefinitions,
  sortProblems,
} from '../../../src/definition/yaml/problem.ts';

const problem = { file: 'features/a.yaml', line: 3, column: 1, key: 'a', message: 'wrong' };

describe('formatKeyPath', () => {
  test('formats a path', () => {
    expect([formatKeyPath(['features', 0, 'type']), formatKeyPath([]), formatKeyPath(['a', 'b'])]).toEqual([
      'features[0].type',
      '',
      'a.b',
    ]);
  });
});

describe('formatProblem', () => {
  test('shows file, line and column, or only the file', () => {
    expect([formatProblem(problem), formatProblem({ ...problem, line: null, column: null })]).toEqual([
      'features/a.yaml:3:1: wrong',
      'features/a.yaml: wrong',
    ]);
  });

  test('is one short line without control characters, for any message', () => {
    const formatted = formatProblem({ ...problem, message: `a\n\u001b[31m${'x'.repeat(10_000)}` });

    expect(formatted).toBe(`features/a.yaml:3:1: a [31m${'x'.repeat(472)}…`);
  });
});

describe('sortProblems', () => {
  test('sorts by file, line and column', () => {
    const [a, b, c, d] = [{ ...problem, line: null }, problem, { ...problem, column: 2 }, { ...problem, line: 20 }];
    const other = { ...problem, file: 'b.yaml' };

    expect(sortProblems([d, other, c, b, a])).toEqual([other, a, b, c, d]);
  });
});

describe('invalidDefinitions', () => {
  test('is one failure with one line per problem', () => {
    expect(invalidDefinitions([problem, problem])).toMatchObject({
      code: 'DEFINITION_INVALID',
      message: 'features/a.yaml:3:1: wrong\nfeatures/a.yaml:3:1: wrong',
      facts: { problems: 2 },
    });
  });
});

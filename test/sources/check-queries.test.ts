// The queries that are refused before a run, and where.

import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { QueryProblem, QueryToCheck } from '../../src/definition/query/query-problem.ts';
import { queryChecker } from '../../src/sources/check-queries.ts';
import { checked, shownProblem } from './check/checked.ts';
import { VALID } from './check/valid-queries.ts';
import { WARNED, WRONG } from './check/wrong-queries.ts';

const found = new Map<QueryToCheck, readonly QueryProblem[]>();

/** All in one call: the process of DuckDB is started once. */
beforeAll(async () => {
  const queries = [...WRONG, ...WARNED].map(({ query }) => query);
  const problems = await queryChecker(systemClock)(queries);
  for (const [index, query] of queries.entries()) found.set(query, problems[index] ?? []);
});

function problemsOf(query: QueryToCheck, severity: QueryProblem['severity']): string[] {
  return (found.get(query) ?? []).filter((each) => each.severity === severity).map((each) => shownProblem(query, each));
}

describe('queryChecker', () => {
  test(`accepts ${VALID.length} unusual queries without a warning`, async () => {
    const problems = await queryChecker(systemClock)(VALID);
    const refused = VALID.flatMap((query, index) => (problems[index] ?? []).map((each) => shownProblem(query, each)));
    expect(refused).toEqual([]);
  });

  test.each(WRONG)('refuses $name', ({ query, errors }) => {
    expect(problemsOf(query, 'error')).toEqual(errors);
  });

  test.each(WARNED)('warns of $name', ({ query, warnings }) => {
    expect(problemsOf(query, 'warning')).toEqual(warnings);
    expect(problemsOf(query, 'error')).toEqual([]);
  });

  test('reports of an unknown database what is wrong in Postgres and in MySQL', async () => {
    const queries = [`select 1; select 2`, `select a from b where ordered at`].map((query) =>
      checked({ query, dialect: null }),
    );
    const problems = await queryChecker(systemClock)(queries);
    expect(problems.map((each) => each.length)).toEqual([1, 0]);
  });
});

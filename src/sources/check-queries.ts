// Checks queries without a server: each with the parser of its dialect.

import type { Clock } from '../core/clock.ts';
import { lexicalErrors } from '../definition/query/lexical-problems.ts';
import type { QueryChecker, QueryProblem, QueryToCheck } from '../definition/query/query-problem.ts';
import { queryWarnings } from '../definition/query/query-warnings.ts';
import { DATABASE_DIALECTS, type SqlDialect } from '../definition/query/sql-text.ts';
import { lakeErrors } from './lake/check-query.ts';
import { postgresErrors } from './postgres/check-query.ts';

/** Loads a parser only if a query needs it. */
export function queryChecker(clock: Clock): QueryChecker {
  return async (queries) => {
    const found = queries.map(lexicalProblems);
    const isParsed = (index: number) => found[index]?.every(({ severity }) => severity === 'warning') === true;
    const overFiles = queries.flatMap((checked, index) =>
      checked.dialect === 'duckdb' && isParsed(index) ? [index] : [],
    );
    const errors =
      overFiles.length === 0
        ? []
        : await lakeErrors(
            overFiles.map((index) => queryAt(queries, index)),
            clock,
          );
    for (const [position, index] of overFiles.entries()) found[index]?.push(...(errors[position] ?? []));
    for (const [index, checked] of queries.entries()) {
      if (checked.dialect === 'postgres' && isParsed(index)) found[index]?.push(...(await postgresErrors(checked)));
    }
    return found;
  };
}

function queryAt(queries: readonly QueryToCheck[], index: number): QueryToCheck {
  const checked = queries[index];
  if (checked === undefined) throw new RangeError(`no query ${index}`);
  return checked;
}

/** Of a query that may be of several dialects: what is a problem in each of them. */
function lexicalProblems(checked: QueryToCheck): QueryProblem[] {
  if (checked.dialect !== null) return problemsIn(checked, checked.dialect);
  const [first, ...rest] = DATABASE_DIALECTS;
  const others = rest.map((dialect) => problemsIn(checked, dialect).map(keyOf));
  return problemsIn(checked, first).filter((problem) => others.every((keys) => keys.includes(keyOf(problem))));
}

function keyOf({ at, message }: QueryProblem): string {
  return `${at} ${message}`;
}

function problemsIn(checked: QueryToCheck, dialect: SqlDialect): QueryProblem[] {
  return [...lexicalErrors(checked, dialect), ...queryWarnings(checked, dialect)];
}

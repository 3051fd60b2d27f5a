// Tests of views on ClickHouse, which are not supported: there is no private server to run their queries.

import { Failure } from '../core/failure.ts';
import type { FixtureKind } from './fixture.ts';

export function clickhouseFixtures(): FixtureKind {
  return {
    async make(test, view) {
      throw new Failure(
        'ARGUMENT_INVALID',
        `${test.file}: view ${view.name} reads ClickHouse, and its query cannot be tested with given rows: \`millrace test\` has private Postgres and MariaDB servers, and DuckDB for files. Remove the test, and check the query with \`millrace validate --connect\` and \`millrace preview ${view.name}\`.`,
        { view: view.name },
      );
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

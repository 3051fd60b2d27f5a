// Sources work through PgBouncer, which lends a connection of the server for one transaction, or for one session.

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type PgbouncerServer, pgbouncerProgram, startPgbouncer } from '../../../src/servers/pgbouncer-server.ts';
import { openSource } from '../../../src/sources/index.ts';
import { freshDatabase } from '../../support/servers.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { asking, databaseWithLeaks, LEAKS } from './leaks.ts';
import { testPostgresContract } from './world.ts';

const calm = new AbortController().signal;
const program = pgbouncerProgram();

describe.skipIf(program === null)('postgresSource through PgBouncer', () => {
  for (const mode of ['transaction', 'session'] as const) {
    describe(`with pooling by ${mode}`, () => {
      let pgbouncer: PgbouncerServer;
      beforeAll(async () => {
        pgbouncer = await startPgbouncer(program ?? '', inject('postgresUrl'), mode);
      });
      afterAll(() => pgbouncer[Symbol.asyncDispose]());

      testPostgresContract(`postgres through PgBouncer by ${mode}`, async () =>
        pgbouncer.through(await freshDatabase()),
      );

      test.each(Object.entries(LEAKS))('leaves nothing to the next client: %s', async (_, [leave, look]) => {
        const url = pgbouncer.through(await databaseWithLeaks());
        const read = async (query: string) => {
          await using source = openSource(sourceOptions({ url, poolMax: 1 }));
          return await allRows(source, asking(query), calm);
        };
        const before = await read(look);
        await read(leave);

        expect(await read(look)).toEqual(before);
      });

      test('ends a query at its statement timeout, and can be read again', async () => {
        const url = pgbouncer.through(await freshDatabase());
        await using source = openSource(sourceOptions({ url, poolMax: 1, statementTimeoutMs: 50 }));

        const failure = await failureOf(allRows(source, asking('select pg_sleep(10)::text'), calm));

        expect([failure.code, failure.message]).toEqual([
          'SOURCE_QUERY',
          expect.stringContaining('(statement_timeout of the source in millrace.yaml)'),
        ]);
        expect(await allRows(source, asking("select 'on'"), calm)).toEqual([['on']]);
      });
    });
  }
});

// Sources work through PgBouncer, which lends a connection of the server for one transaction, or for one session.

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type PgbouncerServer, pgbouncerProgram, startPgbouncer } from '../../../src/servers/pgbouncer-server.ts';
import { openSource } from '../../../src/sources/index.ts';
import { freshDatabase } from '../../support/servers.ts';
import { refusalOf, rowsOfQuery, saying } from '../reading.ts';
import { sourceOptions } from '../worlds.ts';
import { databaseWithLeaks, LEAKS } from './leaks.ts';
import { testPostgresContract } from './world.ts';

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
          return await rowsOfQuery(source, query);
        };
        const before = await read(look);
        await read(leave);

        expect(await read(look)).toEqual(before);
      });

      test('ends a query at its statement timeout, and can be read again', async () => {
        const url = pgbouncer.through(await freshDatabase());
        await using source = openSource(sourceOptions({ url, poolMax: 1, statementTimeoutMs: 50 }));

        expect(await refusalOf(source, 'select pg_sleep(10)::text')).toEqual(
          saying('SOURCE_QUERY', /\(statement_timeout of the source in millrace\.yaml\)/),
        );
        expect(await rowsOfQuery(source, "select 'on'")).toEqual([['on']]);
      });
    });
  }
});

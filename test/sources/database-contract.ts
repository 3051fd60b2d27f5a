// The contract of sources over databases, in addition to that of all sources: limits, aborts, and failures.

import { describe, expect, test } from 'vitest';
import { openSource } from '../../src/sources/index.ts';
import type { Source, SourceOptions } from '../../src/sources/source.ts';
import { until } from '../support/until.ts';
import { asking, calm, refusalOf, saying } from './reading.ts';
import { allRows, batchSizes, failureOf } from './source-contract.ts';
import { sourceOptions } from './worlds.ts';

/** A new, empty database. */
export type TestDatabase = AsyncDisposable & {
  readonly url: string;
  /** Runs a statement as the owner. */
  run(statement: string): Promise<unknown>;
  /** The number of statements that sources run in it now. */
  running(): Promise<number>;
};

export type DatabaseUnderTest = {
  readonly kind: string;
  readonly options?: Partial<SourceOptions>;
  fresh(): Promise<TestDatabase>;
  /** 200 rows, each with a number and 60,000 times `ź`. */
  readonly wide: string;
  /** Takes much longer than `ms`, the statement timeout. */
  readonly slow: { readonly query: string; readonly ms: number };
  /** What the server does during a query that takes minutes, and the query; one `sends rows`. */
  readonly endless: { readonly 'sends rows': string; readonly [does: string]: string };
  /** Creates the table `events`, and changes its columns. */
  readonly table: { readonly create: string; readonly alter: string };
};

export function testDatabaseContract({ kind, options = {}, fresh, ...tested }: DatabaseUnderTest): void {
  const opened = ({ url }: Pick<TestDatabase, 'url'>, changes: Partial<SourceOptions> = {}): Source =>
    openSource(sourceOptions({ ...options, url, ...changes }));

  describe(`${kind} source, as a database`, () => {
    test('returns smaller batches of wide rows', async () => {
      await using database = await fresh();
      await using source = opened(database);
      const { rows, charactersMost } = await batchSizes(source, asking(tested.wide), calm);

      expect(rows).toEqual([70, 70, 60]);
      expect(charactersMost).toBeLessThan(4_194_304 + 60_010);
    });

    test('fails with SOURCE_QUERY when the statement timeout ends the query', async () => {
      const { query, ms } = tested.slow;
      await using database = await fresh();
      await using source = opened(database, { statementTimeoutMs: ms });

      expect(await refusalOf(source, query)).toEqual(
        saying(
          'SOURCE_QUERY',
          new RegExp(`stopped the query after ${ms}ms \\(statement_timeout of the source in millrace\\.yaml\\)`),
        ),
      );
    });

    test.each(Object.entries(tested.endless))(
      'leaves no running statement when it is aborted while the server %s',
      async (_, query) => {
        await using database = await fresh();
        await using source = opened(database);
        const controller = new AbortController();
        const reading = allRows(source, asking(query), controller.signal);
        reading.catch(() => undefined); // awaited below
        await until(async () => (await database.running()) === 1);
        controller.abort(new Error('stop'));

        await expect(reading).rejects.toThrow('stop');
        await until(async () => (await database.running()) === 0);
      },
    );

    test('leaves no running statement when its consumer stops', async () => {
      await using database = await fresh();
      await using source = opened(database);
      for await (const _ of source.read(asking(tested.endless['sends rows']), calm)) break;

      await until(async () => (await database.running()) === 0);
    });

    test('fails with SOURCE_UNAVAILABLE, without the password, if no server listens', async () => {
      await using database = await fresh();
      const { protocol } = new URL(database.url);
      await using source = opened({ url: `${protocol}//reader:hunter2@127.0.0.1:1/shop` });
      const failure = await failureOf(source.describe(asking('select 1'), calm));

      expect([failure.code, failure.message]).toEqual([
        'SOURCE_UNAVAILABLE',
        expect.stringContaining(`source shop (${protocol}//127.0.0.1:1/shop)`),
      ]);
      expect(failure.message).not.toContain('hunter2');
    });

    test('fails with a retryable failure if the columns are not those described', async () => {
      await using database = await fresh();
      await using source = opened(database);
      await database.run(tested.table.create);
      const extraction = asking('select * from events');
      const columns = await source.describe(extraction, calm);
      await database.run(tested.table.alter);
      const failure = await failureOf(allRows(source, { ...extraction, columns }, calm));

      expect([failure.code, failure.message]).toEqual(saying('SOURCE_UNAVAILABLE', /changed during the read/));
    });
  });
}

// Two views of one source share connections. The state that one leaves must not affect the other.

import { describe, expect, test } from 'vitest';
import { openSource } from '../../src/sources/index.ts';
import type { Source, SourceOptions } from '../../src/sources/source.ts';
import { asking, calm, refusalOf, rowsOfQuery } from './reading.ts';
import { sourceOptions } from './worlds.ts';

/** Name → what a view changes, and what it finds: a text that is the same before and after. */
export type Leaks = Readonly<Record<string, readonly [leave: string, look: string]>>;

export type ResettingSource = {
  readonly kind: string;
  /** The URL of a new database in which the views can leave what `leaks` names. */
  fresh(): Promise<string>;
  readonly leaks: Leaks;
  /** Finds the id of the connection. */
  readonly connection: string;
  /** Queries that leave something and then fail, and the codes of their failures. */
  failing(leave: string): readonly (readonly [query: string, code: RegExp])[];
  /** Leaves something, and has many more rows. */
  long(leave: string): string;
};

export function testReset({ kind, fresh, leaks, connection, failing, long }: ResettingSource): void {
  const opened = async (changes: Partial<SourceOptions> = {}): Promise<Source> =>
    openSource(sourceOptions({ url: await fresh(), poolMax: 1, ...changes }));

  describe(`${kind} source with one connection`, () => {
    test.each(Object.entries(leaks))('leaves nothing to the next view: %s', async (_, [leave, look]) => {
      await using source = await opened();
      const before = await rowsOfQuery(source, look);
      const id = await rowsOfQuery(source, connection);
      await rowsOfQuery(source, leave);

      expect(await rowsOfQuery(source, look)).toEqual(before);
      expect(await rowsOfQuery(source, connection)).toEqual(id);
    });

    test.each(Object.entries(leaks))(
      'leaves nothing if the view fails, or its consumer stops: %s',
      async (_, [leave, look]) => {
        await using source = await opened({ batchRows: 1 });
        const before = await rowsOfQuery(source, look);

        for (const [query, code] of failing(leave)) {
          expect((await refusalOf(source, query))[0]).toMatch(code);
          expect(await rowsOfQuery(source, look)).toEqual(before);
        }
        for await (const _batch of source.read(asking(long(leave)), calm)) break;
        expect(await rowsOfQuery(source, look)).toEqual(before);
      },
    );
  });
}

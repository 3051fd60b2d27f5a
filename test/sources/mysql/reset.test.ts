// Two views of one source share connections. The state that one leaves must not affect the other.

import { describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/index.ts';
import type { Source } from '../../../src/sources/source.ts';
import { freshMysql, mysqlDo } from '../../support/mysql.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { eventsView, sourceOptions } from '../worlds.ts';

const calm = new AbortController().signal;

function asking(query: string) {
  return { view: eventsView({ query, kind: 'latest' }), span: null };
}

/** What a view changes, and what it finds: a text that is the same before and after. */
const LEAKS: Readonly<Record<string, readonly [leave: string, look: string]>> = {
  'a user variable': ["select @tenant := 'a'", "select coalesce(@tenant, 'none')"],
  'a lock': ["select get_lock('left_behind', 0)", "select coalesce(is_used_lock('left_behind'), 'none')"],
  sql_mode: ["select leave_it('sql_mode')", 'select @@session.sql_mode'],
  time_zone: ["select leave_it('time_zone')", 'select @@session.time_zone'],
  'the limit of rows': ["select leave_it('limit')", 'select @@session.sql_select_limit'],
};

async function databaseWithLeaks(): Promise<string> {
  const url = await freshMysql();
  await mysqlDo(
    url,
    `create function leave_it(what text) returns text begin
       if what = 'sql_mode' then set session sql_mode = 'ANSI_QUOTES'; end if;
       if what = 'time_zone' then set session time_zone = '+09:00'; end if;
       if what = 'limit' then set session sql_select_limit = 7; end if;
       return 'left'; end`,
  );
  return url;
}

async function connectionOf(source: Source): Promise<string> {
  const [row] = await allRows(source, asking('select connection_id()'), calm);
  return row?.[0] ?? '';
}

describe('mysqlSource with one connection', () => {
  test.each(Object.entries(LEAKS))('leaves nothing to the next view: %s', async (_, [leave, look]) => {
    await using source = openSource(sourceOptions({ url: await databaseWithLeaks(), poolMax: 1 }));
    const before = await allRows(source, asking(look), calm);
    const connection = await connectionOf(source);
    await allRows(source, asking(leave), calm);

    expect(await allRows(source, asking(look), calm)).toEqual(before);
    expect(await connectionOf(source)).toBe(connection);
  });

  test.each(Object.entries(LEAKS))(
    'leaves nothing where the view fails, or is left early: %s',
    async (_, [leave, look]) => {
      await using source = openSource(sourceOptions({ url: await databaseWithLeaks(), poolMax: 1, batchRows: 1 }));
      const before = await allRows(source, asking(look), calm);

      const failing = asking(`select * from (${leave}) v union all select nothing_such()`);
      expect((await failureOf(allRows(source, failing, calm))).code).toMatch(/^SOURCE_/);
      const broken = asking(
        `select * from (${leave}) v union all select cast(9223372036854775807 + i as char) from (select 1 as i) one`,
      );
      expect((await failureOf(allRows(source, broken, calm))).code).toBe('SOURCE_QUERY');
      expect(await allRows(source, asking(look), calm)).toEqual(before);

      const rows = Array.from({ length: 200 }, (_unused, index) => `select ${index}`).join(' union all ');
      for await (const _batch of source.read(asking(`select * from (${leave}) v union all ${rows}`), calm)) break;
      expect(await allRows(source, asking(look), calm)).toEqual(before);
    },
  );

  test('is set up again after each reading', async () => {
    await using source = openSource(sourceOptions({ url: await databaseWithLeaks(), poolMax: 1 }));
    const look = asking(
      'select @@session.time_zone, @@session.sql_mode, @@session.group_concat_max_len, @@session.character_set_results',
    );
    const first = await allRows(source, look, calm);

    expect(first).toEqual([['+00:00', expect.stringContaining('STRICT_TRANS_TABLES'), '16777216', 'utf8mb4']]);
    expect(await allRows(source, look, calm)).toEqual(first);
  });
});

import { describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/index.ts';
import { freshMysql, mysqlDo } from '../../support/mysql.ts';
import { rowsOfQuery } from '../reading.ts';
import { type Leaks, testReset } from '../reset-contract.ts';
import { sourceOptions } from '../worlds.ts';

const LEAKS: Leaks = {
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

testReset({
  kind: 'mysql',
  fresh: databaseWithLeaks,
  leaks: LEAKS,
  connection: 'select connection_id()',
  failing: (leave) => [
    [`select * from (${leave}) v union all select nothing_such()`, /^SOURCE_/],
    [
      `select * from (${leave}) v union all select cast(9223372036854775807 + i as char) from (select 1 as i) one`,
      /^SOURCE_QUERY$/,
    ],
  ],
  long: (leave) => {
    const rows = Array.from({ length: 200 }, (_, index) => `select ${index}`).join(' union all ');
    return `select * from (${leave}) v union all ${rows}`;
  },
});

describe('mysqlSource with one connection', () => {
  test('is set up again after each reading', async () => {
    await using source = openSource(sourceOptions({ url: await databaseWithLeaks(), poolMax: 1 }));
    const look =
      'select @@session.time_zone, @@session.sql_mode, @@session.group_concat_max_len, @@session.character_set_results';
    const first = await rowsOfQuery(source, look);

    expect(first).toEqual([['+00:00', expect.stringContaining('STRICT_TRANS_TABLES'), '16777216', 'utf8mb4']]);
    expect(await rowsOfQuery(source, look)).toEqual(first);
  });
});

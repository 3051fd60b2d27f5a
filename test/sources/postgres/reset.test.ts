import { describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/index.ts';
import { feature, view } from '../../support/views.ts';
import { openWorld } from '../../support/world.ts';
import { rowsOfQuery } from '../reading.ts';
import { testReset } from '../reset-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { databaseWithLeaks, LEAKS } from './leaks.ts';
import { ownerOf } from './world.ts';

testReset({
  kind: 'postgres',
  fresh: databaseWithLeaks,
  leaks: LEAKS,
  connection: 'select pg_backend_pid()::text',
  failing: (leave) => [
    [`select v.* from (${leave}) v union all select (1 / (random() * 0)::int)::text`, /^SOURCE_QUERY$/],
  ],
  long: (leave) => `select v.* from (${leave}) v union all select i::text from generate_series(1, 1000000) i`,
});

describe('postgresSource with one connection', () => {
  test('reads in UTC and ISO, with all digits, for any settings of the server and the role', async () => {
    const url = await databaseWithLeaks();
    await using owner = ownerOf(url);
    const name = new URL(url).pathname.slice(1);
    for (const setting of [
      "timezone = 'Asia/Tokyo'",
      "datestyle = 'SQL, DMY'",
      'extra_float_digits = -3',
      "bytea_output = 'escape'",
    ]) {
      await owner.run(`alter database ${name} set ${setting}`);
    }
    await using source = openSource(sourceOptions({ url, poolMax: 1 }));
    const look = "select timestamptz '2026-01-31 00:00:00+00', 0.30000000000000004::float8";

    for (let round = 0; round < 3; round += 1) {
      expect(await rowsOfQuery(source, look)).toEqual([['2026-01-31 00:00:00+00', '0.30000000000000004']]);
    }
  });

  test('leaves no state for the next view of a worker', async () => {
    await using world = await openWorld({ connection: { poolMax: 1 } });
    const tenant = (name: string, value: string) =>
      view({
        name,
        features: [feature(name, 'string', { column: 'value' })],
        query: `select 'ada' as entity_id, ${value} as value, {{end}} as timestamp`,
      });
    await world.apply(
      tenant('leaves', "set_config('app.tenant', 'a', false) || pg_advisory_lock(42)::text"),
      tenant(
        'looks',
        `coalesce(nullif(current_setting('app.tenant', true), ''), 'none') ||
        (select count(*) from pg_locks where locktype = 'advisory' and objid = 42 and database = (select oid from pg_database where datname = current_database()))::text`,
      ),
    );
    for (const name of ['leaves', 'looks']) {
      expect((await world.materialize(name)).map(({ kind }) => kind)).toEqual(['completed', 'completed']);
    }

    expect(await world.sql('select distinct looks as found from features.looks')).toEqual([{ found: 'none0' }]);
  });
});

// Two views of one source share connections. The state that one leaves must not affect the other.

import { describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/index.ts';
import type { Source } from '../../../src/sources/source.ts';
import { feature, view } from '../../support/views.ts';
import { openWorld } from '../../support/world.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { asking, databaseWithLeaks, LEAKS } from './leaks.ts';
import { ownerOf } from './world.ts';

const calm = new AbortController().signal;

async function backendOf(source: Source): Promise<string> {
  const [row] = await allRows(source, asking('select pg_backend_pid()::text'), calm);
  return row?.[0] ?? '';
}

describe('postgresSource with one connection', () => {
  test.each(Object.entries(LEAKS))('leaves nothing to the next view: %s', async (_, [leave, look]) => {
    await using source = openSource(sourceOptions({ url: await databaseWithLeaks(), poolMax: 1 }));
    const before = await allRows(source, asking(look), calm);
    const backend = await backendOf(source);
    await allRows(source, asking(leave), calm);

    expect(await allRows(source, asking(look), calm)).toEqual(before);
    expect(await backendOf(source)).toBe(backend);
  });

  test.each(Object.entries(LEAKS))(
    'leaves nothing where the view fails, or is left early: %s',
    async (_, [leave, look]) => {
      await using source = openSource(sourceOptions({ url: await databaseWithLeaks(), poolMax: 1, batchRows: 1 }));
      const before = await allRows(source, asking(look), calm);

      const failing = asking(`select v.* from (${leave}) v union all select (1 / (random() * 0)::int)::text`);
      expect((await failureOf(allRows(source, failing, calm))).code).toBe('SOURCE_QUERY');
      expect(await allRows(source, asking(look), calm)).toEqual(before);

      const long = asking(`select v.* from (${leave}) v union all select i::text from generate_series(1, 1000000) i`);
      for await (const _ of source.read(long, calm)) break;
      expect(await allRows(source, asking(look), calm)).toEqual(before);
    },
  );

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
    const look = asking("select timestamptz '2026-01-31 00:00:00+00', 0.30000000000000004::float8");

    for (let round = 0; round < 3; round += 1) {
      expect(await allRows(source, look, calm)).toEqual([['2026-01-31 00:00:00+00', '0.30000000000000004']]);
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

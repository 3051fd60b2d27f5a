// The oldest Postgres on this machine; all other tests run on the packaged one.

import { afterAll, describe, expect, test } from 'vitest';
import { verifyView } from '../../src/online/verify.ts';
import { otherPostgres, type PostgresServer, startPostgres } from '../../src/servers/servers.ts';
import { testPostgresContract } from '../sources/postgres/world.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

const other = otherPostgres();

describe.skipIf(other === null)(`Postgres ${other?.major ?? 'of another version'}`, () => {
  let starting: Promise<PostgresServer> | null = null;
  const newDatabase = async () => {
    starting ??= startPostgres(other === null ? {} : { binaries: other.binaries });
    return (await starting).createDatabase();
  };
  afterAll(async () => (await starting)?.[Symbol.asyncDispose]());

  testPostgresContract('postgres', newDatabase);

  test('keeps the state and both stores, also when a span is restated', async () => {
    await using world = await openWorld({ database: await newDatabase() });
    const [server] = await world.sql(`select current_setting('server_version_num')::int4 / 10000 as major`);
    await world.sql('create table spend (entity_id text, value float8)');
    await world.sql(`insert into spend values ('ada', 1.5), ('bob', 2), ('ada', 1.5), ('', 3)`);
    await world.apply(view());
    const kinds = [(await world.materialize('spend')).map(({ kind }) => kind)];
    await world.sql(`update spend set value = '-0' where entity_id = 'ada'`);
    await world.sql(`delete from spend where entity_id in ('bob', '')`);
    await world.sql('update millrace.coverage set stale = covered');
    kinds.push((await world.materialize('spend')).map(({ kind }) => kind));

    const stored = await world.sql(
      'select entity_id, event_timestamp::text as at, spend::text from features.spend order by 2, 1',
    );
    const { database, online } = world.app;
    const { total } = await verifyView({ database, online, view: view(), signal: new AbortController().signal });
    expect({ server, kinds, stored, total }).toEqual({
      server: { major: other?.major },
      kinds: [
        ['completed', 'completed'],
        ['completed', 'completed'],
      ],
      stored: [
        { entity_id: 'ada', at: '2026-01-02 00:00:00+00', spend: '-0' },
        { entity_id: 'ada', at: '2026-01-03 00:00:00+00', spend: '-0' },
      ],
      total: 0,
    });
  });
});

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { epochMsOf } from '../../../src/core/instant.ts';
import { openSource } from '../../../src/sources/index.ts';
import { identity } from '../../support/certificates/certificates.ts';
import { freshDatabase } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { testDatabaseContract } from '../database-contract.ts';
import { answerOf, asking, calm, refusalOf, rowsOfQuery, saying } from '../reading.ts';
import { batchSizes, failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { ownerOf, postgresWorld, type ReadMode, testPostgresContract } from './world.ts';

testPostgresContract('postgres', freshDatabase);
testPostgresContract('postgres with a cursor', freshDatabase, { readWith: 'cursor' });

test('the limit of a cursor does not depend on a clock that is set forward while it reads', async () => {
  let days = 0;
  const now = () => {
    days += 1;
    return epochMsOf(systemClock.now() + days * 86_400_000);
  };
  const clock = { ...systemClock, now };
  const options = sourceOptions({ url: await freshDatabase(), readWith: 'cursor', clock });
  await using source = openSource(options);
  const query = 'select i::text from generate_series(1, 100) i, pg_sleep(0.01)';
  expect(await rowsOfQuery(source, query)).toHaveLength(100);
});

/** A server that speaks TLS like Postgres, with an untrusted certificate. */
async function impostor(): Promise<AddressInfo> {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write('S');
      const secured = new TLSSocket(socket, { isServer: true, ...identity('server') });
      secured.on('error', () => socket.destroy()); // that we are refused is what is wanted
    });
    socket.on('error', () => undefined);
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server.address() as AddressInfo; // of a server that listens on a port
}

const RUNNING =
  "select pid from pg_stat_activity where state <> 'idle' and application_name like 'millrace source%' and datname = current_database()";

const MODES: [string, ReadMode][] = [
  ['COPY', {}],
  ['a cursor', { readWith: 'cursor' }],
];

for (const [how, options] of MODES) {
  testDatabaseContract({
    kind: `postgres with ${how}`,
    options,
    fresh: async () => {
      const url = await freshDatabase();
      const owner = ownerOf(url);
      return {
        url,
        run: (statement) => owner.run(statement),
        running: async () => (await owner.query(RUNNING)).length,
        [Symbol.asyncDispose]: () => owner[Symbol.asyncDispose](),
      };
    },
    wide: "select i, repeat('ź', 60000) from generate_series(1, 200) i",
    slow: { query: 'select pg_sleep(10)::text', ms: 500 },
    // In the select list, its rows are made while they are read.
    endless: { 'sends rows': 'select generate_series(1, 100000000)::text as i' },
    table: { create: 'create table events (id int)', alter: 'alter table events add column note text' },
  });
}

describe.each<[string, ReadMode]>(MODES)('postgresSource with %s', (_, mode) => {
  async function described(query: string) {
    await using world = await postgresWorld(await freshDatabase(), [], 10, mode);
    const { columns, rows } = await answerOf(world.source, query);
    return { types: columns.map(([type]) => type), native: columns.map(([, native]) => native), rows };
  }

  test('writes every type in the format of the row check', async () => {
    expect(
      await described(`select 1::int2, 12345678901234567890.10::numeric(30,2), 'NaN'::float8, '-infinity'::timestamptz,
        true, false, '{"a": 1}'::jsonb, '{1,NULL,3}'::int[], '{"a b","c\\"d",NULL}'::text[], '{t,f}'::bool[],
        '[0:1]={1.5,2}'::float8[], '2026-01-31'::date, 'x'::varchar(20), timestamp '2026-01-31 10:00:00.000001'`),
    ).toEqual({
      types: [
        'int', 'decimal', 'float', 'timestamptz', 'bool', 'bool', 'json', 'array', 'array', 'array', 'array', 'date',
        'text', 'timestamp',
      ], // biome-ignore format: one line per line of the query
      native: expect.arrayContaining(['numeric(30,2)', 'character varying(20)', 'text[]']),
      rows: [
        [
          '1',
          '12345678901234567890.10',
          'NaN',
          '-infinity',
          'true',
          'false',
          '{"a": 1}',
          '[1,null,3]',
          '["a b","c\\"d",null]',
          '[true,false]',
          '[1.5,2]',
          '2026-01-31',
          'x',
          '2026-01-31 10:00:00.000001',
        ],
      ],
    });
  });

  test('describes enums and domains by their base type, and unsupported types as other', async () => {
    const url = await freshDatabase();
    await using owner = ownerOf(url);
    await owner.run("create type mood as enum ('happy'); create domain price as numeric(10, 2)");
    await using source = openSource(sourceOptions({ ...mode, url }));
    const query = "select 'happy'::mood, 1::price, '\\x00'::bytea, interval '1 day'";
    const columns = await source.describe(asking(query), calm);
    expect(columns.map(({ type }) => type)).toEqual(['text', 'decimal', 'other', 'other']);
  });

  test('reads the elements of an array by the base type of their domain', async () => {
    const url = await freshDatabase();
    await using owner = ownerOf(url);
    await owner.run('create domain score as float8; create domain part as score check (value < 9)');
    await owner.run("create domain flag as bool; create type mood as enum ('happy')");
    await using source = openSource(sourceOptions({ ...mode, url }));
    const query =
      "select array[1.5, 2]::score[], array[1.5, null]::part[], array[true]::flag[], array['happy']::mood[]";
    expect(await rowsOfQuery(source, query)).toEqual([['[1.5,2]', '[1.5,null]', '[true]', '["happy"]']]);
  });

  test('accepts a query that ends with a semicolon and a comment', async () => {
    expect((await described("select 'a;b' -- last\n ; -- done\n")).rows).toEqual([['a;b']]);
    expect((await described('select 1 -- no newline after this')).rows).toEqual([['1']]);
  });

  test('cuts a value that is too long for the row check, and continues', async () => {
    await using source = openSource(sourceOptions({ ...mode, url: await freshDatabase() }));
    const query = "select repeat('x', 50000000), 'after' union all select repeat('y', 70000), 'last'";
    const rows = await rowsOfQuery(source, query);

    expect(rows.map(([long, short]) => [long?.length, long?.at(-1), short])).toEqual([
      [1_048_577, '…', 'after'],
      [70_000, 'y', 'last'],
    ]);
  });

  test('fails with SOURCE_UNAVAILABLE when its connection ends during a reading', async () => {
    await using world = await postgresWorld(await freshDatabase(), [], 10, mode);
    await using owner = ownerOf(world.url);
    const extraction = asking('select repeat(i::text, 100) from generate_series(1, 1000000) i');
    const reading = (async () => {
      let batches = 0;
      for await (const _ of world.source.read(extraction, calm)) {
        if (batches === 0) {
          await owner.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'millrace source%' and datname = current_database()",
          );
        }
        batches += 1;
      }
    })();
    expect((await failureOf(reading)).code).toBe('SOURCE_UNAVAILABLE');
  });

  test('fails with SOURCE_UNAVAILABLE when its connection ends while its query is described', async () => {
    await using world = await postgresWorld(await freshDatabase(), [], 10, mode);
    await using owner = ownerOf(world.url);
    await owner.run('create table locked (entity_id text)');
    const failure = await owner.transaction(async (session) => {
      await session.run('lock table locked in access exclusive mode');
      const failed = failureOf(world.source.describe(asking('select * from locked'), calm));
      const end = `select pg_terminate_backend(pid) from pg_stat_activity
                    where wait_event_type = 'Lock' and datname = current_database()`;
      // Not in the transaction, which sees the activity at its first look.
      await until(async () => (await owner.query(end)).length > 0);
      return failed;
    });
    expect(failure.code).toBe('SOURCE_UNAVAILABLE');
  });

  test('reads no more than a few batches of rows that are suddenly wide into memory', async () => {
    await using source = openSource(sourceOptions({ ...mode, url: await freshDatabase() }));
    const query = "select repeat('x', case when i < 1000 then 10 else 200000 end) from generate_series(1, 1060) i";
    const { rows, charactersMost } = await batchSizes(source, asking(query), calm);

    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(1_060);
    expect(charactersMost).toBeLessThan(4_194_304 + 200_010);
  });
});

describe('postgresSource', () => {
  async function refusalAt(url: string): Promise<string> {
    const described = async () => {
      await using source = openSource(sourceOptions({ url }));
      return await source.describe(asking('select 1'), calm);
    };
    const failure = await failureOf(described());
    return `${failure.code}: ${failure.message}`;
  }

  test.each([
    [
      'postgres://reader:hunter2%ff@db/shop',
      /^DEFINITION_INVALID: source shop \(postgres:\/\/db\/shop\): its URL has a % that is not part of an escape/,
    ],
    [
      'postgres://reader:hunter2%/x@db/shop',
      /^DEFINITION_INVALID: source shop \(postgres:\/\/…\): its URL cannot be parsed/,
    ],
    [
      'postgres://reader:hunter2@db:port/shop',
      /^DEFINITION_INVALID: source shop \(postgres:\/\/…\): its URL cannot be parsed/,
    ],
    [
      'postgres://reader:hunter2@db/shop?sslmode=verify-full&sslrootcert=/nowhere.pem',
      /^SOURCE_DENIED: .* over TLS: ENOENT/,
    ],
  ])('refuses the URL %s', async (url, words) => {
    const refusal = await refusalAt(url);

    expect(refusal).toMatch(words);
    expect(refusal).not.toContain('hunter2');
  });

  test('fails with SOURCE_DENIED for a server without TLS or with another identity', async () => {
    const { port } = await impostor();

    expect(await refusalAt(`${await freshDatabase()}?sslmode=verify-full`)).toMatch(
      /^SOURCE_DENIED: .*does not support TLS; enable TLS on the server/,
    );
    expect(await refusalAt(`postgres://a@localhost:${port}/shop?sslmode=verify-full`)).toMatch(
      /^SOURCE_DENIED: source shop \(postgres:\/\/localhost:\d+\/shop\) refused access: .*certificate/,
    );
  });

  test('fails with SOURCE_DENIED for a role that cannot read the table', async () => {
    const url = await freshDatabase();
    await using owner = ownerOf(url);
    const role = `reader_${randomUUID().slice(0, 8)}`; // roles belong to the server, not to the database
    await owner.run('create table secret (id text)');
    await owner.run(`create role ${role} login password 'hunter2'`);
    const own = new URL(url);
    own.username = role;
    own.password = 'hunter2';
    {
      await using source = openSource(sourceOptions({ url: own.href }));
      const refusal = await refusalOf(source, 'select id from secret');
      expect(refusal).toEqual(saying('SOURCE_DENIED', /table secret/));
      expect(refusal[1]).not.toContain('hunter2');
    }
    await owner.run(`drop role ${role}`);
  });
});

describe('openSource', () => {
  test('names the known schemes for an unknown one', () => {
    expect(() => openSource(sourceOptions({ url: 'gopher://shop/orders' }))).toThrow(/"gopher".*postgres:/);
  });
});

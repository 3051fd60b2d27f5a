import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSource } from '../../../src/sources/index.ts';
import { freshDatabase } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { allRows, batchSizes, failureOf } from '../source-contract.ts';
import { eventsView, sourceOptions } from '../worlds.ts';
import { ownerOf, postgresWorld, type ReadMode, testPostgresContract } from './world.ts';
import { identity } from '../../support/certificates/certificates.ts';

const calm = new AbortController().signal;

testPostgresContract('postgres', freshDatabase);
testPostgresContract('postgres with a cursor', freshDatabase, { readWith: 'cursor' });

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

const MODES: [string, ReadMode][] = [
  ['COPY', {}],
  ['a cursor', { readWith: 'cursor' }],
];

describe.each<[string, ReadMode]>(MODES)('postgresSource with %s', (_, mode) => {
  async function described(query: string) {
    await using world = await postgresWorld(await freshDatabase(), [], 10, mode);
    const extraction = { view: eventsView({ query, kind: 'latest' }), span: null };
    const columns = await world.source.describe(extraction, calm);
    const rows = await allRows(world.source, extraction, calm);
    return { types: columns.map(({ type }) => type), native: columns.map(({ nativeType }) => nativeType), rows };
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
    const view = eventsView({
      query: "select 'happy'::mood, 1::price, '\\x00'::bytea, interval '1 day'",
      kind: 'latest',
    });
    const columns = await source.describe({ view, span: null }, calm);
    expect(columns.map(({ type }) => type)).toEqual(['text', 'decimal', 'other', 'other']);
  });

  test('accepts a query that ends with a semicolon and a comment', async () => {
    expect((await described("select 'a;b' -- last\n ; -- done\n")).rows).toEqual([['a;b']]);
    expect((await described('select 1 -- no newline after this')).rows).toEqual([['1']]);
  });

  test('returns smaller batches of wide rows', async () => {
    await using source = openSource(sourceOptions({ ...mode, url: await freshDatabase() }));
    const query = "select i, repeat('ź', 60000) from generate_series(1, 200) i";
    const { rows, charactersMost } = await batchSizes(
      source,
      { view: eventsView({ query, kind: 'latest' }), span: null },
      calm,
    );

    expect(rows).toEqual([70, 70, 60]);
    expect(charactersMost).toBeLessThan(4_194_304 + 60_010);
  });

  test('cuts a value that is too long for the row check, and continues', async () => {
    await using source = openSource(sourceOptions({ ...mode, url: await freshDatabase() }));
    const query = "select repeat('x', 50000000), 'after' union all select repeat('y', 70000), 'last'";
    const rows = await allRows(source, { view: eventsView({ query, kind: 'latest' }), span: null }, calm);

    expect(rows.map(([long, short]) => [long?.length, long?.at(-1), short])).toEqual([
      [1_048_577, '…', 'after'],
      [70_000, 'y', 'last'],
    ]);
  });

  test('fails with SOURCE_QUERY when the statement timeout ends the query', async () => {
    const url = await freshDatabase();
    await using source = openSource(sourceOptions({ ...mode, url, statementTimeoutMs: 50 }));
    const view = eventsView({ query: 'select pg_sleep(10)::text', kind: 'latest' });
    const failure = await failureOf(allRows(source, { view, span: null }, calm));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_QUERY',
      expect.stringContaining('(statement_timeout of the source in millrace.yaml)'),
    ]);
  });

  test('fails with SOURCE_UNAVAILABLE when its connection ends during a reading', async () => {
    await using world = await postgresWorld(await freshDatabase(), [], 10, mode);
    await using owner = ownerOf(world.url);
    const view = eventsView({
      query: 'select repeat(i::text, 100) from generate_series(1, 1000000) i',
      kind: 'latest',
    });
    const reading = (async () => {
      let batches = 0;
      for await (const _ of world.source.read({ view, span: null }, calm)) {
        if (batches === 0) {
          await owner.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'millrace source%'",
          );
        }
        batches += 1;
      }
    })();
    expect((await failureOf(reading)).code).toBe('SOURCE_UNAVAILABLE');
  });

  test('leaves no running statement when it is aborted', async () => {
    await using world = await postgresWorld(await freshDatabase(), [], 10, mode);
    await using owner = ownerOf(world.url);
    const active = async () => {
      const [row] = await owner.query<{ count: number }>(
        "select count(*)::int4 from pg_stat_activity where state <> 'idle' and application_name like 'millrace source%' and datname = current_database()",
      );
      return row?.count;
    };
    const controller = new AbortController();
    const view = eventsView({ query: 'select i::text from generate_series(1, 100000000) i', kind: 'latest' });
    const reading = allRows(world.source, { view, span: null }, controller.signal);
    reading.catch(() => undefined); // awaited below
    await until(async () => (await active()) === 1);
    controller.abort(new Error('stop'));
    await expect(reading).rejects.toThrow('stop');
    await until(async () => (await active()) === 0);
  });

  test('fails with a retryable failure if the columns are not those described', async () => {
    await using world = await postgresWorld(await freshDatabase(), [], 10, mode);
    await using owner = ownerOf(world.url);
    const extraction = { view: eventsView({ query: 'select * from events', kind: 'latest' }), span: null };
    const columns = await world.source.describe(extraction, calm);
    await owner.run('alter table events add column note text');
    const failure = await failureOf(allRows(world.source, { ...extraction, columns }, calm));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_UNAVAILABLE',
      expect.stringContaining('changed during the read'),
    ]);
  });

  test('reads no more than a few batches of rows that are suddenly wide into memory', async () => {
    await using source = openSource(sourceOptions({ ...mode, url: await freshDatabase() }));
    const query = "select repeat('x', case when i < 1000 then 10 else 200000 end) from generate_series(1, 1060) i";
    const { rows, charactersMost } = await batchSizes(
      source,
      { view: eventsView({ query, kind: 'latest' }), span: null },
      calm,
    );

    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(1_060);
    expect(charactersMost).toBeLessThan(4_194_304 + 200_010);
  });
});

describe('postgresSource', () => {
  test('fails with SOURCE_UNAVAILABLE, without the password, if no server listens', async () => {
    await using source = openSource(sourceOptions({ url: 'postgres://reader:hunter2@127.0.0.1:1/shop' }));
    const failure = await failureOf(source.describe({ view: eventsView({ query: 'select 1' }), span: null }, calm));
    expect(failure.code).toBe('SOURCE_UNAVAILABLE');
    expect(failure.message).toContain('source shop (postgres://127.0.0.1:1/shop)');
    expect(failure.message).not.toContain('hunter2');
  });

  async function refusalOf(url: string): Promise<string> {
    const described = async () => {
      await using source = openSource(sourceOptions({ url }));
      return await source.describe({ view: eventsView({ query: 'select 1' }), span: null }, calm);
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
    const refusal = await refusalOf(url);

    expect(refusal).toMatch(words);
    expect(refusal).not.toContain('hunter2');
  });

  test('fails with SOURCE_DENIED for a server without TLS or with another identity', async () => {
    const { port } = await impostor();

    expect(await refusalOf(`${await freshDatabase()}?sslmode=verify-full`)).toMatch(
      /^SOURCE_DENIED: .*does not support TLS; enable TLS on the server/,
    );
    expect(await refusalOf(`postgres://a@localhost:${port}/shop?sslmode=verify-full`)).toMatch(
      /^SOURCE_DENIED: source shop \(postgres:\/\/localhost:\d+\/shop\) refused access: .*certificate/,
    );
  });

  test('fails with SOURCE_DENIED for a role that cannot read the table', async () => {
    const url = await freshDatabase();
    await using owner = ownerOf(url);
    const role = `reader_${process.pid}`; // roles belong to the server, not to the database
    await owner.run('create table secret (id text)');
    await owner.run(`create role ${role} login password 'hunter2'`);
    const own = new URL(url);
    own.username = role;
    own.password = 'hunter2';
    {
      await using source = openSource(sourceOptions({ url: own.href }));
      const view = eventsView({ query: 'select id from secret', kind: 'latest' });
      const failure = await failureOf(allRows(source, { view, span: null }, calm));
      expect([failure.code, failure.message]).toEqual(['SOURCE_DENIED', expect.stringContaining('table secret')]);
      expect(failure.message).not.toContain('hunter2');
    }
    await owner.run(`drop role ${role}`);
  });
});

describe('openSource', () => {
  test('names the known schemes for an unknown one', () => {
    expect(() => openSource(sourceOptions({ url: 'gopher://shop/orders' }))).toThrow(/"gopher".*postgres:/);
  });
});

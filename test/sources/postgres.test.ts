import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { openSource } from '../../src/sources/index.ts';
import { freshDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { EXACT_COLUMNS, testExactValues } from './exact-values.ts';
import { allRows, type EventRow, failureOf, type SourceWorld, testSourceContract } from './source-contract.ts';
import { eventsView, sourceOptions } from './worlds.ts';

const calm = new AbortController().signal;

function ownerOf(url: string) {
  return openDatabase({
    url,
    role: { label: 'the test', unavailable: 'SOURCE_UNAVAILABLE', denied: 'SOURCE_DENIED' },
    poolMax: 2,
    connectTimeoutMs: 5_000,
    idleInTransactionMs: 60_000,
    applicationName: 'test owner',
  });
}

async function shop(rows: readonly EventRow[], batchRows: number): Promise<SourceWorld & { url: string }> {
  const url = await freshDatabase();
  await using owner = ownerOf(url);
  await owner.run('create table events (entity_id text, happened_at timestamptz, amount float8, lines bigint)');
  await owner.run(
    `insert into events select e->>'entity_id', (e->>'happened_at')::timestamptz, (e->>'amount')::float8, (e->>'lines')::bigint
       from json_array_elements($1) e`,
    [JSON.stringify(rows)],
  );
  const source = openSource(sourceOptions({ url, batchRows }));
  return { url, source, table: 'events', view: {}, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

testSourceContract({
  kind: 'postgres',
  open: shop,
  hostileTexts: [
    'select 1; drop table events',
    'commit; insert into events values (null)',
    'select 1) to stdout; drop table events; copy (select 1',
    'select 1) to stdout; commit; drop table events; --',
    'select (1 /* ',
    'select 1 --\n) to stdout; drop table events; copy (select 1',
    "insert into events values ('x') returning entity_id",
    'with gone as (delete from events returning *) select * from gone',
    'drop table events',
    'truncate events',
    "copy events to program 'touch /tmp/hostile'",
    'select * into stolen from events',
    'create table stolen as select * from events',
    'do $$ begin delete from events; end $$',
    'commit',
    'select $1::text',
    '',
    ';',
  ],
  isUnharmed: async (world) => {
    await using owner = ownerOf((world as SourceWorld & { url: string }).url); // made by shop, above
    const [found] = await owner.query<{ events: number; stolen: string | null }>(
      `select (select count(*)::int4 from events) as events, to_regclass('stolen')::text as stolen`,
    );
    return found?.events === 8 && found.stolen === null;
  },
});

testExactValues('postgres', async (rows) => {
  const url = await freshDatabase();
  await using owner = ownerOf(url);
  const types: Readonly<Record<string, string>> = { int: 'bigint', decimal: 'numeric(38, 18)', float: 'float8' };
  const columns = Object.entries(EXACT_COLUMNS).map(
    ([name, type]) => `(e->>'${name}')::${types[type] ?? type} as ${name}`,
  );
  await owner.run(
    `create table exact_values as select ${columns.join(', ')} from json_array_elements('${JSON.stringify(rows).replaceAll("'", "''")}') e`,
  );
  const source = openSource(sourceOptions({ url }));
  return { source, table: 'exact_values', view: {}, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
});

describe('postgresSource', () => {
  async function described(query: string) {
    await using world = await shop([], 10);
    const extraction = { view: eventsView({ query, kind: 'latest' }), span: null };
    const columns = await world.source.describe(extraction, calm);
    const rows = await allRows(world.source, extraction, calm);
    return { types: columns.map(({ type }) => type), native: columns.map(({ nativeType }) => nativeType), rows };
  }

  test('writes every type as the row check expects it', async () => {
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

  test('knows enums and domains by what is under them, and what no feature holds as other', async () => {
    const url = await freshDatabase();
    await using owner = ownerOf(url);
    await owner.run("create type mood as enum ('happy'); create domain price as numeric(10, 2)");
    await using source = openSource(sourceOptions({ url }));
    const view = eventsView({
      query: "select 'happy'::mood, 1::price, '\\x00'::bytea, interval '1 day'",
      kind: 'latest',
    });
    const columns = await source.describe({ view, span: null }, calm);
    expect(columns.map(({ type }) => type)).toEqual(['text', 'decimal', 'other', 'other']);
  });

  test('takes a query that ends in a semicolon and a comment', async () => {
    expect((await described("select 'a;b' -- last\n ; -- done\n")).rows).toEqual([['a;b']]);
    expect((await described('select 1 -- no newline after this')).rows).toEqual([['1']]);
  });

  test('says SOURCE_QUERY when the statement timeout ends the query', async () => {
    const url = await freshDatabase();
    await using source = openSource(sourceOptions({ url, statementTimeoutMs: 50 }));
    const view = eventsView({ query: 'select pg_sleep(10)::text', kind: 'latest' });
    const failure = await failureOf(allRows(source, { view, span: null }, calm));
    expect([failure.code, failure.message]).toEqual(['SOURCE_QUERY', expect.stringContaining('statement timeout')]);
  });

  test('says SOURCE_UNAVAILABLE when its connection is ended among the rows', async () => {
    await using world = await shop([], 10);
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

  test('leaves no statement behind when it is aborted', async () => {
    await using world = await shop([], 10);
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

  test('says SOURCE_UNAVAILABLE without the password where no server listens', async () => {
    await using source = openSource(sourceOptions({ url: 'postgres://reader:hunter2@127.0.0.1:1/shop' }));
    const failure = await failureOf(source.describe({ view: eventsView({ query: 'select 1' }), span: null }, calm));
    expect(failure.code).toBe('SOURCE_UNAVAILABLE');
    expect(failure.message).toContain('source shop (postgres://127.0.0.1:1/shop)');
    expect(failure.message).not.toContain('hunter2');
  });

  test('says SOURCE_DENIED for a role that may not read the table', async () => {
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

  test('fails, to be tried again, where the columns are not those described', async () => {
    await using world = await shop([], 10);
    await using owner = ownerOf(world.url);
    const extraction = { view: eventsView({ query: 'select * from events', kind: 'latest' }), span: null };
    const columns = await world.source.describe(extraction, calm);
    await owner.run('alter table events add column note text');
    const failure = await failureOf(allRows(world.source, { ...extraction, columns }, calm));
    expect([failure.code, failure.message]).toEqual(['SOURCE_UNAVAILABLE', expect.stringContaining('other columns')]);
  });
});

describe('openSource', () => {
  test('names the schemes it knows where it is given another', () => {
    expect(() => openSource(sourceOptions({ url: 'gopher://shop/orders' }))).toThrow(/"gopher".*postgres:/);
  });
});

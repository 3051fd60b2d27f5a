import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../../src/core/instant.ts';
import { interval } from '../../../src/core/interval.ts';
import type { FeatureView } from '../../../src/definition/view.ts';
import { parseMicros } from '../../../src/feature-types/iso-time.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql.ts';
import { freshMysql, mysqlDo } from '../../support/mysql.ts';
import { until } from '../../support/until.ts';
import { testDatabaseContract } from '../database-contract.ts';
import { testExactValues } from '../exact-values.ts';
import { answerOf, asking, calm, refusalOf, saying } from '../reading.ts';
import { allRows, type EventRow, failureOf, type SourceWorld, testSourceContract } from '../source-contract.ts';
import { eventsView, feature, sourceOptions } from '../worlds.ts';
import { loadExactValues } from './exact-values.ts';

const JANUARY = interval(epochMsOf(Date.UTC(2026, 0, 1)), epochMsOf(Date.UTC(2026, 1, 1)));

type MysqlWorld = SourceWorld & { readonly url: string };

async function shop(rows: readonly EventRow[], batchRows: number): Promise<MysqlWorld> {
  const url = await freshMysql();
  await mysqlDo(
    url,
    'create table events (entity_id varchar(100), happened_at timestamp(6) null, amount double, `lines` bigint)',
  );
  const values = rows.map((row) => [row.entity_id, row.happened_at.slice(0, -3), row.amount, row.lines]);
  if (values.length > 0) await mysqlDo(url, ['insert into events values ?', [values]]);
  return opened(url, 'events', batchRows);
}

function opened(url: string, table: string, batchRows = 1000): MysqlWorld {
  const source = mysqlSource.open(sourceOptions({ url, batchRows }));
  return { url, source, table, view: {}, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

/** The connections of sources to the database that run a statement now. */
async function statementsOf(url: string): Promise<readonly unknown[]> {
  const rows = await mysqlDo(
    url,
    "select id from information_schema.processlist where db = database() and command in ('Execute', 'Query') and id <> connection_id()",
  );
  return rows.map((row) => row['id'] ?? row['ID']);
}

testSourceContract({
  kind: 'mysql',
  open: shop,
  hasNegativeZero: false,
  hostileTexts: [
    'select 1; drop table events',
    'drop table events',
    '/*! drop table events */',
    '/*!50000 select */ 1 into outfile "/tmp/millrace-hostile"',
    "select 1 into outfile '/tmp/millrace-hostile'",
    "select 1 /*! into outfile '/tmp/millrace-hostile' */",
    "select 1 /*M!100000 into dumpfile '/tmp/millrace-hostile' */",
    "select 1 /*!99999 ' */ into outfile '/tmp/millrace-hostile' /*!99999 ' */",
    'select 1 into @stolen',
    'commit; insert into events values (null, null, null, null)',
    'insert into events (entity_id) values (1) returning entity_id',
    'with gone as (select 1) delete from events',
    'delete from events returning entity_id',
    'truncate events',
    'create table stolen as select * from events',
    'begin not atomic drop table events; end',
    "load data local infile '/etc/passwd' into table events",
    'set statement max_statement_time = 0 for select 1',
    'set global max_connections = 1',
    "prepare stolen from 'drop table events'",
    'analyze select 1',
    'show tables',
    'call nothing_such()',
    'commit',
    'select ?',
    'select (1 /* ',
    '',
    ';',
    '-- nothing',
    '# nothing',
  ],
  isUnharmed: async (world) => {
    const { url } = world as MysqlWorld; // made by shop, above
    const [events] = await mysqlDo(url, 'select count(*) as count from events');
    const tables = await mysqlDo(url, 'show tables');
    return events?.['count'] === 8 && tables.length === 1;
  },
});

testExactValues(
  'mysql',
  async (rows) => {
    const url = await freshMysql();
    await loadExactValues(url, rows);
    return opened(url, 'exact_values');
  },
  // Neither server has a -0, and MySQL keeps the fractions of JSON as floats.
  ['negative zero', 'digits of a document'],
);

testDatabaseContract({
  kind: 'mysql',
  fresh: async () => {
    const url = await freshMysql();
    return {
      url,
      run: (statement) => mysqlDo(url, statement),
      running: async () => (await statementsOf(url)).length,
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
  wide: "select seq, repeat('ź', 60000) from seq_1_to_200",
  slow: { query: 'select count(*) from seq_1_to_10000000 a, seq_1_to_10000000 b', ms: 50 },
  endless: {
    computes: 'select count(*) from seq_1_to_10000000 a, seq_1_to_10000000 b',
    'sends rows': 'select seq from seq_1_to_100000000',
  },
  table: { create: 'create table events (id int)', alter: 'alter table events add column note text' },
});

describe('mysqlSource', () => {
  /** What a query yields in a new database; `setUp` runs before it. */
  async function asked(query: string, setUp: readonly string[] = [], changes: Partial<FeatureView> = {}) {
    const url = await freshMysql();
    await mysqlDo(url, ...setUp);
    await using source = mysqlSource.open(sourceOptions({ url }));
    return await answerOf(source, query, changes);
  }

  test('writes every type in the format of the row check', async () => {
    const table = `create table t (a tinyint unsigned, b bigint unsigned, c decimal(65, 30), d float, e double, f datetime(6),
      g timestamp(3) null, h date, i year, j bit(12), k enum('ź'), l json, m longtext, n char(3), o uuid, p int(4) zerofill)`;
    const row = `insert into t values (255, 18446744073709551615, 12345678901234567890123456789012345.123456789012345678901234567890,
      16777217.0, 0.30000000000000004, '1969-12-31 23:59:59.000001', '2026-01-31 08:26:00.125', '1000-01-01', 2026, 2049, 'ź',
      '{"a": 1}', '🦊', 'x', '6ccd780c-baba-1026-9564-5b8c656024db', 7)`;

    expect(await asked('select * from t', [table, row])).toEqual({
      columns: [
        ['int', 'tinyint unsigned'],
        ['int', 'bigint unsigned'],
        ['decimal', 'decimal'],
        ['float', 'float'],
        ['float', 'double'],
        ['timestamp', 'datetime(6)'],
        ['timestamptz', 'timestamp(3)'],
        ['date', 'date'],
        ['int', 'year'],
        ['int', 'bit'],
        ['text', 'a character string'],
        ['json', 'json'],
        ['text', 'a character string'],
        ['text', 'a character string'],
        ['text', 'uuid'],
        ['int', 'int unsigned'],
      ],
      rows: [
        [
          '255',
          '18446744073709551615',
          '12345678901234567890123456789012345.123456789012345678901234567890',
          '16777216',
          '0.30000000000000004',
          '1969-12-31 23:59:59.000001',
          '2026-01-31 08:26:00.125+00',
          '1000-01-01',
          '2026',
          '2049',
          'ź',
          '{"a": 1}',
          '🦊',
          'x',
          '6ccd780c-baba-1026-9564-5b8c656024db',
          '7',
        ],
      ],
    });
  });

  test('describes types that no feature can be read from as other', async () => {
    const { columns } = await asked("select x'00', cast('a' as binary), time'10:00:00', point(1, 2)");

    expect(columns.map(([type]) => type)).toEqual(['other', 'other', 'other', 'other']);
  });

  test.each([
    ['0.1', '0.1'],
    ['1e38', '1e+38'],
    ['3.4028234e38', '3.4028235e+38'],
    ['16777215', '16777215'],
    ['-1.17549435e-38', '-1.1754944e-38'],
    ['0.333333333', '0.33333334'],
  ])('writes the 32-bit float %s as the shortest text that identifies it', async (value, text) => {
    const { rows } = await asked('select n from t', ['create table t (n float)', `insert into t values (${value})`]);

    expect(rows).toEqual([[text]]);
  });

  test('reads 0 and 1 as false and true for a feature of type bool, and nothing else', async () => {
    const values = [
      'create table t (n int, flag tinyint(1))',
      'insert into t values (1, 0), (2, 1), (3, null), (4, 2)',
    ];
    const features = [feature('flag', 'bool'), feature('is_one', 'bool')];
    const query = 'select flag, n = 1 as is_one, n from t order by n';

    expect(await asked(query, values, { features })).toEqual({
      columns: [
        ['bool', 'tinyint(1)'],
        ['bool', 'int'],
        ['int', 'int'],
      ],
      rows: [
        ['false', 'true', '1'],
        ['true', 'false', '2'],
        [null, 'false', '3'],
        ['2', 'false', '4'],
      ],
    });
  });

  test('reads invalid dates, which the row check refuses', async () => {
    const values = ["set sql_mode = ''", "insert into t values ('0000-00-00', '0000-00-00', '2026-00-10')"];
    const { rows } = await asked('select * from t', [
      'create table t (a datetime, b timestamp null, c date)',
      ...values,
    ]);

    expect(rows).toEqual([['0000-00-00 00:00:00', '0000-00-00 00:00:00+00', '2026-00-10']]);
    expect(parseMicros('0000-00-00 00:00:00')).toBe('out of range');
    expect(parseMicros('2026-00-10')).toBe('unparsable');
  });

  test('binds {{start}} and {{end}} as times in UTC, and does not change braces in quotes', async () => {
    await using world = await shop([], 10);
    const query =
      "select {{start}} as a, {{end}} - interval 1 microsecond as b, '{{end}}' as c # {{start}}\n ; -- done";
    const extraction = { view: eventsView({ query }), span: JANUARY };

    expect(await world.source.describe(extraction, calm)).toMatchObject([
      { name: 'a', type: 'timestamp', nativeType: 'datetime(6)' },
      { name: 'b', type: 'timestamp' },
      { name: 'c', type: 'text' },
    ]);
    expect(await allRows(world.source, extraction, calm)).toEqual([
      ['2026-01-01 00:00:00', '2026-01-31 23:59:59.999999', '{{end}}'],
    ]);
  });

  test('hides messages of the server about rows of a redacted view', async () => {
    const query = 'select cast(9223372036854775807 as int) + secret from (select 41 as secret from seq_1_to_1) s';
    const failure = await failureOf(asked(query, [], { redacted: true }));

    expect([failure.code, failure.message, failure.cause]).toEqual([
      'SOURCE_QUERY',
      expect.stringMatching(/stopped the query with error 1690\. The server's message is not shown/),
      undefined,
    ]);
  });

  test('fails with SOURCE_UNAVAILABLE when its connection is killed during a reading, and can be read again', async () => {
    await using world = await shop([], 10);
    const extraction = asking('select repeat(seq, 100) from seq_1_to_100000');
    const reading = (async () => {
      let batches = 0;
      for await (const _ of world.source.read(extraction, calm)) {
        if (batches === 0)
          for (const id of await statementsOf(world.url)) await mysqlDo(world.url, `kill connection ${id}`);
        batches += 1;
      }
    })();
    expect((await failureOf(reading)).code).toBe('SOURCE_UNAVAILABLE');
    expect(await allRows(world.source, extraction, calm)).toHaveLength(100_000);
  });

  test('fails with SOURCE_DENIED for a table or database without access, or a wrong password', async () => {
    await using world = await shop([], 10);
    const database = new URL(world.url).pathname.slice(1);
    const reader = `reader_${database.slice(-6)}`;
    await mysqlDo(world.url, 'create table secret (id int)', `create user ${reader} identified by 'hunter2'`);
    await mysqlDo(world.url, `grant select on ${database}.events to ${reader}`);
    const failing = async (path: string, password: string) => {
      const url = new URL(world.url);
      Object.assign(url, { username: reader, password, pathname: path });
      await using source = mysqlSource.open(sourceOptions({ url: url.href }));
      return await refusalOf(source, 'select id from secret');
    };

    const found = [
      await failing(`/${database}`, 'hunter2'),
      await failing('/mysql', 'hunter2'),
      await failing('/', 'hunter3'),
    ];

    expect(found).toEqual([
      saying('SOURCE_DENIED', /refused access: SELECT command denied.*`secret`/),
      saying('SOURCE_DENIED', /refused access: Access denied.*'mysql'/),
      saying('SOURCE_DENIED', /refused access: Access denied for user/),
    ]);
    expect(JSON.stringify(found)).not.toMatch(/hunter/);
    await mysqlDo(world.url, `drop user ${reader}`);
  });

  test('has at most as many connections as its pool allows, and serves waiting readings in order', async () => {
    await using world = await shop([], 10);
    await using source = mysqlSource.open(sourceOptions({ url: world.url, poolMax: 2 }));
    const extraction = asking('select sleep(0.05)');
    const ids = new Set<unknown>();
    const readings = Array.from({ length: 8 }, () => allRows(source, extraction, calm));
    const watching = until(async () => {
      for (const id of await statementsOf(world.url)) ids.add(id);
      return ids.size === 2;
    });

    expect(await Promise.all(readings)).toHaveLength(8);
    await watching;
    expect(ids.size).toBe(2);
  });
});

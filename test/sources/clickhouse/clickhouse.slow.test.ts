// The engine of ClickHouse behind an HTTP server of the tests; no real server.

import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../../src/core/instant.ts';
import { interval } from '../../../src/core/interval.ts';
import { clickhouseSource } from '../../../src/sources/clickhouse/clickhouse.ts';
import {
  clickhouseDo,
  freshClickhouse,
  runningStatements,
  writeExceptions,
} from '../../support/clickhouse/clickhouse.ts';
import { until } from '../../support/until.ts';
import { testDatabaseContract } from '../database-contract.ts';
import { testExactValues } from '../exact-values.ts';
import { asking, calm, saying } from '../reading.ts';
import { allRows, testSourceContract } from '../source-contract.ts';
import { eventsView, feature, sourceOptions } from '../worlds.ts';
import { loadExactValues } from './exact-values.ts';
import { answerTo, type ClickhouseWorld, refusalTo, shop } from './world.ts';

const JANUARY = interval(epochMsOf(Date.UTC(2026, 0, 1)), epochMsOf(Date.UTC(2026, 1, 1)));

testSourceContract({
  kind: 'clickhouse',
  open: shop,
  failing: 'throwIf(e.lines = 9223372036854775807)',
  hostileTexts: [
    'select 1; drop table TABLE',
    'drop table TABLE',
    'insert into TABLE select * from TABLE',
    "select * from TABLE into outfile '/tmp/millrace-clickhouse-stolen'",
    'select * from TABLE format Null',
    'alter table TABLE delete where 1',
    'select * from TABLE settings readonly = 0',
    'select 1) settings readonly = 0; drop table TABLE; (select 1',
    "select * from executable('rm', 'TSV', 'x String')",
    'system shutdown',
    '',
  ],
  isUnharmed: async (world) => {
    const { url } = world as ClickhouseWorld; // of shop
    return (await clickhouseDo(url, 'select count() from events'))[0] === '8';
  },
});

testExactValues(
  'clickhouse',
  async (rows) => {
    const world = await shop([], 7);
    await loadExactValues(world.url, rows);
    return { ...world, table: 'exact_values' };
  },
  ['1900', 'far'], // Date32 holds 1900 to 2299
);

testDatabaseContract({
  kind: 'clickhouse',
  fresh: async () => {
    const url = await freshClickhouse();
    return {
      url,
      run: (statement) => clickhouseDo(url, statement),
      running: async () => (await runningStatements(url)).length,
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
  wide: "select number, repeat('ź', 60000) from numbers(200)",
  slow: { query: 'select sleepEachRow(0.1) from numbers(100) settings max_block_size = 1', ms: 500 },
  endless: { 'sends rows': 'select number from numbers(100000000000)' },
  table: {
    create: 'create table events (id Int64) engine = MergeTree order by id',
    alter: 'alter table events add column note String',
  },
});

const LARGEST_INT256 = '57896044618658097711785492504343953926634992332820282019728792003956564819967';

/** Expression → column type, native type and text. */
const VALUES: readonly (readonly [expression: string, type: string, nativeType: string, text: string | null])[] = [
  ['toInt8(-128)', 'int', 'Int8', '-128'],
  ["toUInt64('18446744073709551615')", 'int', 'UInt64', '18446744073709551615'],
  ["toInt128('-170141183460469231731687303715884105728')", 'int', 'Int128', '-170141183460469231731687303715884105728'],
  [`toInt256('${LARGEST_INT256}')`, 'int', 'Int256', LARGEST_INT256],
  ["toDecimal32('1.50', 2)", 'decimal', 'Decimal(9, 2)', '1.5'],
  ["toDecimal64('-0.000000000000000001', 18)", 'decimal', 'Decimal(18, 18)', '-0.000000000000000001'],
  [
    `toDecimal256('${'9'.repeat(38)}.${'9'.repeat(38)}', 38)`,
    'decimal',
    'Decimal(76, 38)',
    `${'9'.repeat(38)}.${'9'.repeat(38)}`,
  ],
  ['toFloat32(0.1)', 'float', 'Float32', '0.1'],
  ['toFloat64(5e-324)', 'float', 'Float64', '5e-324'],
  ['-1 / 0', 'float', 'Float64', '-Infinity'],
  ['0 / 0', 'float', 'Float64', 'NaN'],
  [String.raw`'a\tb\nc\\N\0z\'\r\b\f\v"'`, 'text', 'String', 'a\tb\nc\\N\0z\'\r\b\f\v"'],
  [String.raw`'\\N'`, 'text', 'String', '\\N'],
  ["toFixedString('ab', 4)", 'text', 'FixedString(4)', 'ab'],
  ["CAST('y\\'z' AS Enum8('x' = 1, 'y\\'z' = 2))", 'text', String.raw`Enum8('x' = 1, 'y\'z' = 2)`, "y'z"],
  ["toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", 'text', 'UUID', '61f0c404-5cb3-11e7-907b-a6006ad3dba0'],
  ['true', 'bool', 'Bool', 'true'],
  ["toIPv4('1.2.3.4')", 'text', 'IPv4', '1.2.3.4'],
  ["toIPv6('::1')", 'text', 'IPv6', '::1'],
  ['null', 'text', 'Nullable(Nothing)', null],
  ["toNullable(toLowCardinality('x'))", 'text', 'LowCardinality(Nullable(String))', 'x'],
  ["toDateTime('2026-01-31 12:00:00', 'UTC')", 'timestamptz', "DateTime('UTC')", '2026-01-31 12:00:00+00'],
  // The second of two half past one.
  ["toDateTime(1792891800, 'Europe/London')", 'timestamptz', "DateTime('Europe/London')", '2026-10-25 01:30:00+00'],
  [
    "toDateTime64('2026-01-31 12:00:00.123456', 6, 'Asia/Kolkata')",
    'timestamptz',
    "DateTime64(6, 'Asia/Kolkata')",
    '2026-01-31 06:30:00.123456+00',
  ],
  [
    "toDateTime64('2026-01-31 12:00:00.123456789', 9, 'UTC')",
    'timestamptz',
    "DateTime64(9, 'UTC')",
    '2026-01-31 12:00:00.123456789+00',
  ],
  [
    "toDateTime64('1900-01-01 00:00:00.000001', 6, 'UTC')",
    'timestamptz',
    "DateTime64(6, 'UTC')",
    '1900-01-01 00:00:00.000001+00',
  ],
  [
    "toDateTime64('2299-12-31 23:59:59.999999', 6, 'UTC')",
    'timestamptz',
    "DateTime64(6, 'UTC')",
    '2299-12-31 23:59:59.999999+00',
  ],
  ["toDate('2149-06-06')", 'date', 'Date', '2149-06-06'],
  ["toDate32('1900-01-01')", 'date', 'Date32', '1900-01-01'],
  ['[1, 2, null]', 'array', 'Array(Nullable(UInt8))', '[1,2,null]'],
  [String.raw`['a', 'b\'c\\\n', '"q"', 'NULL']`, 'array', 'Array(String)', String.raw`["a","b'c\\\n","\"q\"","NULL"]`],
  ['[[1.5, 0.1], []]', 'array', 'Array(Array(Float64))', '[[1.5,0.1],[]]'],
  ["[toUInt64('18446744073709551615')]", 'array', 'Array(UInt64)', '[18446744073709551615]'],
  ["[toDateTime('2026-01-31 12:00:00', 'UTC')]", 'array', "Array(DateTime('UTC'))", '["2026-01-31T12:00:00Z"]'],
  ["tuple(1, 'a')", 'json', 'Tuple(UInt8, String)', '[1,"a"]'],
  [
    "CAST((1, ['x, y']), 'Tuple(a UInt8, b Array(String))')",
    'json',
    'Tuple(a UInt8, b Array(String))',
    '{"a":1,"b":["x, y"]}',
  ],
  ["map('k\\'', [1], 'l', [])", 'json', 'Map(String, Array(UInt8))', `{"k'":[1],"l":[]}`],
  ['map(1, true)', 'json', 'Map(UInt8, Bool)', '{"1":true}'],
  [String.raw`'{"a":"x\\ny\\\\"}'::JSON`, 'json', 'JSON', String.raw`{"a":"x\ny\\"}`],
];

describe('clickhouseSource', () => {
  test('keeps the values of each type exact', async () => {
    const list = VALUES.map(([expression], index) => `${expression} as c${index}`).join(', ');
    const { columns, rows } = await answerTo(`select ${list}`);
    const found = VALUES.map(([expression], index) => [expression, ...(columns[index] ?? []), rows[0]?.[index]]);

    expect(found).toEqual(VALUES.map((value) => [...value]));
  });

  test('sets all that a profile could use to shorten a result', async () => {
    const names = ['skip_unavailable_shards', 'read_overflow_mode', 'read_overflow_mode_leaf', 'use_query_cache'];
    const list = names.map((name) => `'${name}'`).join(', ');
    const { rows } = await answerTo(
      `select name, value, changed from system.settings where name in (${list}) order by name`,
    );

    expect(rows).toEqual([
      ['read_overflow_mode', 'throw', '1'],
      ['read_overflow_mode_leaf', 'throw', '1'],
      ['skip_unavailable_shards', '0', '1'],
      ['use_query_cache', '0', '1'],
    ]);
  });

  test('sets all that a profile could use to change the values of a query', async () => {
    const settings = [
      ['aggregate_functions_null_for_empty', '0', '1'],
      ['count_distinct_implementation', 'uniqExact', '1'],
      ['decimal_check_overflow', '1', '1'],
      ['join_default_strictness', 'ALL', '1'],
      ['transform_null_in', '0', '1'],
    ];
    const list = settings.map(([name]) => `'${name}'`).join(', ');
    const { rows } = await answerTo(
      `select name, value, changed from system.settings where name in (${list}) order by name`,
    );

    expect(rows).toEqual(settings);
  });

  test('describes types that no feature can be read from as other', async () => {
    const { columns } = await answerTo('select sumState(1), 1::Dynamic, toIntervalDay(3), (1, 2)::Point, [1::Dynamic]');

    expect(columns.map(([type]) => type)).toEqual(['other', 'other', 'other', 'other', 'other']);
  });

  test('reads comparisons as true and false for a feature of type bool', async () => {
    const features = [feature('flag', 'bool'), feature('is_one', 'bool')];
    const query = 'select number as flag, number = 1 as is_one, number as n from numbers(3)';

    expect(await answerTo(query, { features })).toEqual({
      columns: [
        ['bool', 'UInt64'],
        ['bool', 'UInt8'],
        ['int', 'UInt64'],
      ],
      rows: [
        ['false', 'false', '0'],
        ['true', 'true', '1'],
        ['2', 'false', '2'],
      ],
    });
  });

  test('binds {{start}} and {{end}} as times in UTC, and does not change braces in quotes', async () => {
    await using world = await shop([], 10);
    const query =
      "select {{start}} as a, {{end}} - interval 1 microsecond as b, '{{end}}' as c, {{start}} > toDate('2025-12-31') as d # {{start}}\n ; -- done";
    const extraction = { view: eventsView({ query }), span: JANUARY };

    expect(await world.source.describe(extraction, calm)).toMatchObject([
      { name: 'a', type: 'timestamptz', nativeType: "DateTime64(6, 'UTC')" },
      { name: 'b', type: 'timestamptz' },
      { name: 'c', type: 'text' },
      { name: 'd', type: 'int' },
    ]);
    expect(await allRows(world.source, extraction, calm)).toEqual([
      ['2026-01-01 00:00:00.000000+00', '2026-01-31 23:59:59.999999+00', '{{end}}', '1'],
    ]);
  });

  test('shows the place of an error, and no list of expected tokens', async () => {
    expect(await refusalTo('select 1,\n  2 3 4')).toEqual(
      saying('SOURCE_QUERY', /rejected the query: Syntax error: failed at `3` \(line 2, column 5 of the query\)\.$/),
    );
    expect(await refusalTo('select 1 from\n nope')).toEqual(
      saying('SOURCE_QUERY', /Unknown table expression identifier 'nope'.*\(line 2, column 2 of the query\)\.$/),
    );
    expect(await refusalTo('select {other:UInt8}')).toEqual(saying('SOURCE_QUERY', /`other` is not set/));
  });

  test.each(['tagged', 'plain'] as const)('finds an error that the server writes after some rows, %s', async (how) => {
    const url = await freshClickhouse();
    await writeExceptions(url, how);
    const query = 'select number, throwIf(number = 500000) from numbers(1000000) settings max_block_size = 1000';

    const refusal = await refusalTo(query, {}, { url });
    await writeExceptions(url, 'tagged');

    expect(refusal).toEqual(
      saying('SOURCE_QUERY', /rejected the query: Value passed to 'throwIf' function is non-zero/),
    );
  });

  test('hides messages of the server about rows of a redacted view', async () => {
    const query = "select toInt64(concat('secret', toString(number))) from numbers(3)";
    const refusal = await refusalTo(query, { redacted: true });

    expect(refusal).toEqual(
      saying('SOURCE_QUERY', /stopped the query with error 6 CANNOT_PARSE_TEXT\. The server's message is not shown/),
    );
    expect(refusal[1]).not.toContain('secret');
  });

  test('names the column with bytes that are not UTF-8', async () => {
    expect(await refusalTo("select number, 'ź' as good, unhex('ff') as raw from numbers(3)")).toEqual(
      saying('SOURCE_SHAPE', /column "raw" of its query on .* contains bytes that are not UTF-8/),
    );
  });

  test('fails with SOURCE_DENIED for a wrong login, an unknown database, and a profile that allows no settings', async () => {
    const { host } = new URL(await freshClickhouse());
    const at = (rest: string) => refusalTo('select 1', {}, { url: `clickhouse://${rest}` });

    const found = [await at(`reader:hunter3@${host}/`), await at(`${host}/nowhere`), await at(`fixed@${host}/`)];

    expect(found).toEqual([
      saying('SOURCE_DENIED', /refused access: reader: Authentication failed/),
      saying('SOURCE_DENIED', /refused access: Database nowhere does not exist/),
      saying(
        'SOURCE_DENIED',
        /refused access: Cannot modify '\w+' setting in readonly mode; expected a user whose profile has readonly = 0 or readonly = 2/,
      ),
    ]);
    expect(JSON.stringify(found)).not.toContain('hunter3');
    expect(await at(`reader:hunter2@${host}/`).catch((error: unknown) => String(error))).toContain('found success');
  });

  test('runs at most as many statements as its pool allows', async () => {
    const url = await freshClickhouse();
    await using source = clickhouseSource.open(sourceOptions({ url, poolMax: 2 }));
    let most = 0;
    const readings = Promise.all(Array.from({ length: 6 }, () => allRows(source, asking('select sleep(0.2)'), calm)));
    let isDone = false;
    const done = readings.then(() => {
      isDone = true;
    });
    await until(async () => {
      most = Math.max(most, (await runningStatements(url)).length);
      return isDone;
    });
    await done;

    expect(most).toBe(2);
  });
});

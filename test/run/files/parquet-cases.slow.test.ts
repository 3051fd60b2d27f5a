import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LakeCase, type LakeWorld, openLakeWorld } from './lake-cases.ts';

let lake: LakeWorld;
beforeAll(async () => {
  lake = await openLakeWorld();
});
afterAll(() => lake[Symbol.asyncDispose]());

async function outcomeOf(what: LakeCase) {
  const { state, error, stored, notes } = await lake.materialize(await lake.define(what));
  return state === 'done' ? { stored, notes } : { state, error };
}

/** A struct whose fields differ in type, order, case and number. */
const STRUCTS = ['struct-null-field.parquet', 'struct-text-field.parquet', 'struct-more-fields.parquet'];
const N = { value: 'n', type: 'int' } as const;

describe('Parquet files, through whole runs', () => {
  const right: readonly (readonly [string, LakeCase, Record<string, unknown>])[] = [
    ['an unused decimal of 50 digits', { ...N, files: ['decimal-50-2-unused.parquet'] }, { a: '7' }],
    [
      'NaN that a filter finds, with ">"',
      { files: ['nan-and-one.parquet'], entity: `'all'`, value: 'count(*)', where: 'where f > 5', type: 'int' },
      { all: '1' },
    ],
    [
      'NaN that a filter finds, with "<>"',
      { files: ['nan-and-one.parquet'], entity: `'all'`, value: 'count(*)', where: 'where f <> 1.0', type: 'int' },
      { all: '1' },
    ],
    [
      'a list column, with an empty part',
      { files: ['no-rows-list-column.parquet', 'one-row-list-column.parquet'], value: 'i', type: 'int' },
      { a: '5' },
    ],
    ['a list column without rows, alone', { files: ['no-rows-list-column.parquet'], value: 'i', type: 'int' }, {}],
    [
      'a column that is null all day',
      { files: ['all-null-city.parquet'], value: 'city', type: 'string', nullable: true },
      { a: null },
    ],
    [
      'a column that is null all day, with another part',
      { files: ['all-null-city.parquet', 'city-text.parquet'], value: 'city', type: 'string', nullable: true },
      { a: null, b: 'Oslo' },
    ],
    [
      'int and bigint in one view',
      { ...N, files: ['n-int32.parquet', 'n-int64.parquet'] },
      { a: '1', b: '1099511627776' },
    ],
    [
      'int, bigint and float in one view',
      { files: ['n-int32.parquet', 'n-int64.parquet', 'n-double.parquet'], value: 'n' },
      { a: '1', b: '1099511627776', c: '0.5' },
    ],
    [
      'a decimal with more digits',
      { files: ['p-decimal-10-2.parquet', 'p-decimal-12-2.parquet'], value: 'p', type: 'decimal' },
      { a: '1.50', b: '1234567890.25' },
    ],
    [
      'an unused column of two types',
      { ...N, files: ['unused-text.parquet', 'unused-number.parquet'] },
      { a: '1', b: '2' },
    ],
    [
      'a field that is null all day, alone',
      { files: ['struct-null-field.parquet'], value: 's.zip', type: 'string', nullable: true },
      { a: null },
    ],
    [
      'a field that is null in one part, int in one and bigint in another, and missing in a third',
      { files: STRUCTS, value: 's', type: 'json', nullable: true },
      {
        a: '{"l": [{"tag": null}], "n": 1, "zip": null, "new, \\"field\\"": null}',
        b: '{"l": [{"tag": "x"}], "n": 1099511627776, "zip": "0150", "new, \\"field\\"": null}',
        c: '{"l": [], "n": 3, "zip": "1", "new, \\"field\\"": true}',
        d: null,
      },
    ],
    [
      'such a field on its own',
      { files: STRUCTS, value: 's.zip', type: 'string', nullable: true },
      { a: null, b: '0150', c: '1', d: null },
    ],
    ['LZ4_RAW', { ...N, files: ['codec-lz4-raw.parquet'] }, { a: '9' }],
  ];

  test.each(right)('store their content: %s', async (_, what, stored) => {
    expect(await outcomeOf(what)).toEqual({ stored, notes: [] });
  });

  const refused: readonly (readonly [string, LakeCase, string])[] = [
    [
      'decimals of more than 38 digits',
      { files: ['decimal-40-2.parquet'], value: 'amount', type: 'decimal' },
      'column "amount" cannot be used: in 2026-01-01/0-decimal-40-2.parquet it has decimals of 40 digits; at most 38 can be read exactly',
    ],
    [
      'a name in two cases',
      { files: ['names-in-two-cases.parquet'], value: 'score' },
      'in 2026-01-01/0-names-in-two-cases.parquet it has the names "Score" and "score", which SQL does not distinguish',
    ],
    [
      'a name twice',
      { files: ['one-name-twice.parquet'], value: 'x' },
      'in 2026-01-01/0-one-name-twice.parquet it is a duplicate',
    ],
    [
      'keys of a struct in two cases',
      { files: ['struct-keys-in-two-cases.parquet'], value: 's', type: 'json' },
      'it has a field that has the names "A" and "a"',
    ],
    [
      'bytes in a struct',
      { files: ['binary-in-struct.parquet'], value: 's', type: 'json' },
      'value is STRUCT("b" BLOB), expected json, text or array',
    ],
    [
      'a used column of two types',
      { files: ['unused-text.parquet', 'unused-number.parquet'], value: 'note', type: 'string' },
      'column "note" cannot be used: it is VARCHAR in 2026-01-01/0-unused-text.parquet and BIGINT in 2026-01-01/1-unused-number.parquet, and no type can hold both exactly',
    ],
    [
      'a field of a struct with integers and floats, of which some may not be exact',
      { files: ['struct-text-field.parquet', 'struct-float-field.parquet'], value: 's', type: 'json' },
      'column "s" cannot be used: it is STRUCT(zip VARCHAR, n BIGINT, l STRUCT(tag VARCHAR)[]) in 2026-01-01/0-struct-text-field.parquet and STRUCT(n DOUBLE) in 2026-01-01/1-struct-float-field.parquet',
    ],
    [
      'a column that no file has',
      { files: ['without-b.parquet'], value: 'b', type: 'int', nullable: true },
      'Referenced column "b" not found',
    ],
  ];

  test.each(refused)('are refused before a row is read for %s', async (_, what, sentence) => {
    expect(await outcomeOf(what)).toEqual({ state: 'failed', error: expect.stringContaining(sentence) });
  });

  test('without a column have null there, and the run notes the files', async () => {
    expect(
      await outcomeOf({ files: ['without-b.parquet', 'with-b.parquet'], value: 'b', type: 'int', nullable: true }),
    ).toEqual({
      stored: { a: null, b: '3' },
      notes: ['column b is null in rows of 2026-01-01/0-without-b.parquet, which does not have it'],
    });
  });

  const TIMES = { a: '2026-01-01T10:00:00.000000Z', b: '2026-01-01T10:00:00.123456Z' };
  const EVENTS = { time: 't', value: 't', type: 'timestamp', changes: { kind: 'events' } } as const;

  test.each(['ns-whole.parquet', 'ns-zone-whole.parquet', 'int96-whole.parquet'])(
    'with nanoseconds, as pandas writes them: %s',
    async (file) => {
      expect(await outcomeOf({ ...EVENTS, files: [file] })).toEqual({ stored: TIMES, notes: [] });
      const filtered = { ...EVENTS, files: [file], where: 'where t >= {{start}} and t < {{end}}' };
      expect(await outcomeOf(filtered)).toEqual({ stored: TIMES, notes: [] });
    },
  );

  test('with nanoseconds and microseconds with a zone', async () => {
    const files = ['ns-zone-whole.parquet', 'us-zone.parquet'];
    expect(await outcomeOf({ ...EVENTS, files })).toEqual({
      stored: { ...TIMES, c: '2026-01-01T11:00:00.000001Z' },
      notes: [],
    });
  });

  // One rule for digits below the microsecond, in every format and type.
  test.each([
    ['ns-digits.parquet', {}],
    ['ns-zone-digits.parquet', {}],
    ['int96-digits.parquet', {}],
    ['ns-digits.csv', { t: 'timestamp' }],
    ['ns-digits.ndjson', { t: 'timestamp' }],
    ['ns-digits.csv', {}],
    ['ns-digits.ndjson', {}],
  ] as const)('refuse the row with digits below the microsecond: %s, %j', async (file, types) => {
    const found = await lake.materialize(await lake.define({ ...EVENTS, files: [file], table: { types } }));
    expect(found).toMatchObject({ state: 'done', stored: { a: TIMES.a } });
    expect(Object.values(found.refused)).toEqual([1]);
    expect(Object.keys(found.stored)).toEqual(['a']);
    const [row] = await lake.world.sql('select detail from millrace.quarantine order by run_id desc limit 1');
    expect(row?.['detail']).toMatch(/whole microseconds/);
  });

  test('refuse INT96 with digits below the microsecond', async () => {
    const found = await lake.materialize(
      await lake.define({ files: ['int96-ns.parquet'], value: 't', type: 'timestamp' }),
    );
    expect([found.stored, found.refused]).toEqual([{}, { field_wrong_type: 1 }]);
  });

  test('are not checked for sub-microsecond digits in unused columns', async () => {
    expect(await outcomeOf({ files: ['int96-digits.parquet'] })).toEqual({ stored: { a: '1.5', b: '2.5' }, notes: [] });
    expect(await outcomeOf({ files: ['ns-zone-digits.parquet'] })).toEqual({
      stored: { a: '1.5', b: '2.5' },
      notes: [],
    });
  });

  test('are also read as GeoParquet before 1.0, with geometries as bytes', async () => {
    expect(await outcomeOf({ files: ['geo040.parquet'] })).toEqual({ stored: { a: '1.5' }, notes: [] });
    expect(await outcomeOf({ files: ['geo040.parquet'], value: 'geometry', type: 'string' })).toEqual({
      state: 'failed',
      error: expect.stringContaining('value is BLOB, expected text'),
    });
  });

  test.each([
    ['hadoop-lz4.parquet', "it is compressed with Hadoop's LZ4 framing"],
    ['byte-stream-split-int.parquet', 'a column that is not a float uses the encoding BYTE_STREAM_SPLIT'],
  ])('are reported as unsupported, not as broken: %s', async (file, what) => {
    const name = await lake.define({ ...N, files: [file] });
    expect(await lake.materialize(name)).toMatchObject({
      state: 'failed',
      error: `2026-01-01/0-${file} cannot be read: ${what}, which is not supported. Write it without encryption, with ZSTD or Snappy compression and plain or dictionary encoding.`,
    });
    expect(await lake.world.sql(`select error->>'code' as code from millrace.run order by id desc limit 1`)).toEqual([
      { code: 'FILE_UNSUPPORTED' },
    ]);
  });
});

// Every possible value of a feature, in one view, from Postgres and from Parquet, compared in both stores.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOnline } from '../../src/online/read.ts';
import { anyRow, meaning, timeText, withJsonbText } from './any-row.ts';
import {
  fromParquet,
  fromPostgres,
  materialize,
  NULLS,
  offlineRows,
  onlineHash,
  type Row,
  type Texts,
} from './everything.ts';

/** The written values, their strings in the offline store, and those with another spelling online. */
const CASES: readonly (Row & { readonly offline: Partial<Texts>; readonly online: Partial<Texts> })[] = [
  {
    id: '\ufeffa greatest',
    at: '2026-01-01 00:00:00.000001+00',
    values: {
      f: '1e308',
      i: '9223372036854775807',
      d: '123456789012345678901234567890.10',
      s: 'é e\u0301 𝄞 👩‍👩‍👧 שלום عربي',
      b: 'true',
      j: '{"b":[1.00,{"é":"𝄞\\n"}],"a":null,"big":12345678901234567890.123}',
      t: '2199-12-31 23:59:59.999999+00',
      v: '[1e308,-0,0.1]',
    },
    offline: {
      f: '1e+308',
      j: '{"a": null, "b": [1.00, {"é": "𝄞\\n"}], "big": 12345678901234567890.123}',
      v: '{1e+308,-0,0.1}',
    },
    online: { t: '2199-12-31T23:59:59.999999Z', v: '[1e+308,-0,0.1]' },
  },
  {
    id: 'b least é𝄞',
    at: '2026-01-01 12:34:56+00',
    values: {
      f: '5e-324',
      i: '-9223372036854775808',
      d: '-0.01',
      s: '',
      b: 'false',
      j: '""',
      t: '0001-01-01 00:00:00.000001+00',
      v: '[5e-324,0,-1.5]',
    },
    offline: { v: '{5e-324,0,-1.5}' },
    online: { t: '0001-01-01T00:00:00.000001Z', v: '[5e-324,0,-1.5]' },
  },
  {
    id: 'c -0',
    at: '2026-01-01 12:34:56.7+00',
    values: {
      f: '-0',
      i: '9007199254740993',
      d: '1.00',
      s: '\ufeff tab\t, line\n, return\r\n, back\\slash, \\N, \\., "quoted", \u2028\u007f\u0001',
      b: 'true',
      j: 'null',
      t: '1969-12-31 23:59:59.999999+00',
      v: '[-0,-0,0]',
    },
    // A JSON null is null.
    offline: { j: null, v: '{-0,-0,0}' },
    online: { t: '1969-12-31T23:59:59.999999Z', v: '[-0,-0,0]' },
  },
  {
    id: 'd \\N',
    at: '2026-01-01 12:34:56.789012+00',
    values: {
      f: '0.30000000000000004',
      i: '9007199254740991',
      d: '0.00',
      s: '\\N',
      b: 'false',
      j: '["\\\\N", "", 0.10, true]',
      t: '2026-01-01 00:00:00+00',
      v: '[0.30000000000000004,1,2]',
    },
    offline: { v: '{0.30000000000000004,1,2}' },
    online: { t: '2026-01-01T00:00:00.000000Z', v: '[0.30000000000000004,1,2]' },
  },
  { id: 'e nothing', at: '2026-01-01 23:59:59.999999+00', values: NULLS, offline: {}, online: {} },
];

const TIMES = [
  1_767_225_600_000_001, 1_767_270_896_000_000, 1_767_270_896_700_000, 1_767_270_896_789_012, 1_767_311_999_999_999,
];

/** Without nulls, which have no field in the hash. */
function present(texts: Texts): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).flatMap(([name, text]) => (text === null ? [] : [[name, text]])));
}

const FEEDS = [
  ['Postgres', fromPostgres],
  ['Parquet', fromParquet],
] as const;

describe.each(FEEDS)('values from %s', (_, open) => {
  test('arrive exactly in both stores, for every type', async () => {
    const feed = await open();
    await using world = feed.world;
    await feed.fill(CASES);
    expect(await materialize(feed)).toEqual({ inserted: 5, changed: 0, unchanged: 0, removed: 0, refused: 0 });
    const offline = CASES.map((row) => ({ id: row.id, at: row.at, values: { ...row.values, ...row.offline } }));
    expect(await offlineRows(world)).toEqual(offline);
    const online = CASES.map((row, index) => ({
      _ts: String(TIMES[index]),
      ...present({ ...row.values, ...row.offline, ...row.online }),
    }));
    expect(await Promise.all(CASES.map(({ id }) => onlineHash(world, id)))).toEqual(online);
    expect(await materialize(feed)).toEqual({ inserted: 0, changed: 0, unchanged: 5, removed: 0, refused: 0 });
  });

  test('are returned to readers, in the types of the language', async () => {
    const feed = await open();
    await using world = feed.world;
    await feed.fill(CASES);
    await materialize(feed);
    const found = await readOnline(world.app.online, [feed.view], ['\ufeffa greatest', 'c -0', 'e nothing']);
    expect([...found.values()].map((row) => row['everything'])).toEqual([
      {
        eventTime: TIMES[0],
        values: {
          f: 1e308,
          i: 9223372036854775807n,
          d: '123456789012345678901234567890.10',
          s: 'é e\u0301 𝄞 👩‍👩‍👧 שלום عربي',
          b: true,
          j: { a: null, b: [1, { é: '𝄞\n' }], big: Number('12345678901234567890.123') },
          t: '2199-12-31T23:59:59.999999Z',
          v: [1e308, -0, 0.1],
        },
      },
      {
        eventTime: TIMES[2],
        values: {
          f: -0,
          i: 9007199254740993n,
          d: '1.00',
          s: CASES[2]?.values.s,
          b: true,
          j: null,
          t: '1969-12-31T23:59:59.999999Z',
          v: [-0, -0, 0],
        },
      },
      { eventTime: TIMES[4], values: NULLS },
    ]);
  });

  test('are corrected in both stores if 0 becomes -0 and 1.0 becomes 1.00 at the same time', async () => {
    const feed = await open();
    await using world = feed.world;
    const rows = (...all: Partial<Texts>[]) =>
      all.map((values, index) => ({
        id: String(index),
        at: '2026-01-01 01:00:00+00',
        values: { ...NULLS, ...values },
      }));
    await feed.fill(rows({ d: '1.0' }, { f: '0' }, { j: '[1.0]' }, { v: '[0,0,0]' }, { f: '0' }));
    await materialize(feed);
    await feed.fill(rows({ d: '1.00' }, { f: '-0' }, { j: '[1.00]' }, { v: '[0,-0,0]' }, { f: '0' }));
    expect(await materialize(feed)).toEqual({ inserted: 0, changed: 4, unchanged: 1, removed: 0, refused: 0 });
    const offline: Partial<Texts>[] = [{ d: '1.00' }, { f: '-0' }, { j: '[1.00]' }, { v: '{0,-0,0}' }, { f: '0' }];
    const stored = await offlineRows(world);
    expect(stored.map(({ values }) => values)).toEqual(offline.map((values) => ({ ...NULLS, ...values })));
    const hashes = await Promise.all(stored.map(({ id }) => onlineHash(world, id)));
    const online = [{ d: '1.00' }, { f: '-0' }, { j: '[1.00]' }, { v: '[0,-0,0]' }, { f: '0' }];
    expect(hashes).toEqual(online.map((fields) => ({ _ts: '1767229200000000', ...fields })));
  });

  test('arrive exactly if they are random, 200 rows at a time', async () => {
    const feed = await open();
    await using world = feed.world;
    const rows = fc.array(anyRow, { minLength: 200, maxLength: 200 });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(rows, async (chosen) => {
        round += 1;
        const numbered = chosen.map((one, index) => ({ ...one, id: `${one.id}:${round}.${index}` }));
        await feed.fill(numbered);
        expect(await materialize(feed)).toMatchObject({ inserted: 200, refused: 0 });
        const expected = (await withJsonbText(world, numbered)).map(meaning);
        const byId = new Map((await offlineRows(world)).map((one) => [one.id, meaning(one)]));
        expect(numbered.map(({ id }) => byId.get(id))).toEqual(expected);
        const online = numbered.map(async ({ id }) => {
          const { _ts = '', ...fields } = await onlineHash(world, id);
          return meaning({ id, at: timeText(BigInt(_ts)), values: { ...NULLS, ...fields } });
        });
        expect(await Promise.all(online)).toEqual(expected);
      }),
      // Without shrinking, since each try takes as long as a run, and the differing row is named.
      { numRuns: 5, endOnFailure: true },
    );
  });
});

// Every value of every type, from the offline table to Redis and back to its readers, and what readers see of time.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochMicrosOf, epochMsOf } from '../../src/core/instant.ts';
import type { FeatureValue } from '../../src/feature-types/index.ts';
import { asFeatureValue } from '../../src/offline/feature-row.ts';
import { readAsOf, readViewsAsOf } from '../../src/offline/read-as-of.ts';
import { readOnline } from '../../src/online/read.ts';
import { verifyView } from '../../src/online/verify.ts';
import { slowTest } from '../support/sample.ts';
import { at, feature } from '../support/views.ts';
import { DAY_MS, days, eventsView, type OnlineWorld, onDay, openOnlineWorld } from './world.ts';

const TYPES = eventsView({
  features: [
    feature('f', 'float', { nullable: true }),
    feature('i', 'int', { nullable: true }),
    feature('d', 'decimal', { nullable: true }),
    feature('s', 'string', { nullable: true }),
    feature('b', 'bool', { nullable: true }),
    feature('j', 'json', { nullable: true }),
    feature('t', 'timestamp', { nullable: true }),
    feature('v', 'vector(3)', { nullable: true }),
  ],
});

let world: OnlineWorld;
beforeAll(async () => {
  world = await openOnlineWorld(TYPES);
});
afterAll(() => world[Symbol.asyncDispose]());

async function roundTrip(entity: string, values: (string | null)[]) {
  await world.publish(await world.commit(days(0), [[entity, onDay(0), ...values]]));
  const online = (await readOnline(world.online, [TYPES], [entity])).get(entity)?.['orders'];
  const moment = epochMicrosOf(at(onDay(0)) * 1_000);
  const [offline] = await readAsOf(world.database, TYPES, [{ entityId: entity, at: moment }], null);
  expect(offline).toEqual(online);
  return online;
}

const NULLS = TYPES.features.map(() => null);
const extremes: [string, (string | null)[], Record<string, FeatureValue>][] = [
  [
    'the largest',
    [
      '1.7976931348623157e308',
      '9223372036854775807',
      '123456789012345678901234567890.10',
      'é𝄞\t\n\\N',
      'true',
      '{"a":[1,{"b":null}]}',
      '2199-12-31 23:59:59.999999+00',
      '{1e308,-0,0.1}',
    ],
    {
      f: 1.7976931348623157e308,
      i: 9223372036854775807n,
      d: '123456789012345678901234567890.10',
      s: 'é𝄞\t\n\\N',
      b: true,
      j: { a: [1, { b: null }] },
      t: '2199-12-31T23:59:59.999999Z',
      v: [1e308, -0, 0.1],
    },
  ],
  [
    'the smallest',
    ['5e-324', '-9223372036854775808', '1.00', '', 'false', 'null', '1900-01-01 00:00:00+00', '{0,0,0}'],
    {
      f: 5e-324,
      i: -9223372036854775808n,
      d: '1.00',
      s: '',
      b: false,
      j: null,
      t: '1900-01-01T00:00:00.000000Z',
      v: [0, 0, 0],
    },
  ],
  ['none', NULLS, { f: null, i: null, d: null, s: null, b: null, j: null, t: null, v: null }],
];

describe('readOnline', () => {
  test.each(extremes)('gives %s values as they are offline', async (_, written, read) => {
    const row = await roundTrip('a', written);
    expect(row).toEqual({ eventTime: at(onDay(0)) * 1_000, values: read });
  });

  slowTest('gives any text, float and entity back', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((one) => !one.includes('\0'));
    const entity = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((one) => !/\p{Cc}/u.test(one));
    const float = fc.double({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(entity, text, float, async (id, s, f) => {
        const written = Object.is(f, -0) ? '-0' : String(f);
        const row = await roundTrip(id, [written, null, null, s, null, JSON.stringify([s]), null, null]);
        expect(row?.values).toMatchObject({ s, j: [s] });
        expect(Object.is(row?.values['f'], f)).toBe(true);
        const { database, online, publisher } = world;
        const { total } = await verifyView({ database, online, view: TYPES, signal: publisher.signal });
        expect(total).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test('gives null for entities without a row, and for tombstones', async () => {
    // Random entities of the other world may have any of these names.
    await using empty = await openOnlineWorld(TYPES);
    await empty.publish(await empty.commit(days(3), [['gone', onDay(3), ...NULLS]]));
    await empty.publish(await empty.commit(days(3), []));
    const rows = await readOnline(empty.online, [TYPES], ['gone', 'never', '__proto__']);
    expect([...rows]).toEqual([
      ['gone', { orders: null }],
      ['never', { orders: null }],
      ['__proto__', { orders: null }],
    ]);
  });

  test('hides a row from the very moment at which its ttl is over', async () => {
    const limited = { ...TYPES, ttlMs: DAY_MS };
    await roundTrip('a', NULLS);
    const end = at(onDay(1));
    const seen = async (now: number) =>
      (await readOnline(world.online, [limited], ['a'], { now: epochMsOf(now) })).get('a')?.['orders'] !== null;
    expect([await seen(end - 1), await seen(end)]).toEqual([true, false]);
    expect((await readOnline(world.online, [limited], ['a'])).get('a')).toEqual({ orders: null });
  });
});

describe('readAsOf', () => {
  const micros = (day: number, seconds = 0, more = 0) => epochMicrosOf(at(onDay(day, seconds)) * 1_000 + more);

  test('gives the newest row at or before each moment, never a later one', async () => {
    await using other = await openOnlineWorld();
    await other.commit(days(0, 3), [
      ['a', '2026-01-01T00:00:00.000001Z', '1'],
      ['a', onDay(1), '2'],
      ['b', onDay(2), '3'],
    ]);
    const asked = [
      { entityId: 'a', at: micros(0) },
      { entityId: 'a', at: micros(0, 0, 1) },
      { entityId: 'b', at: micros(1) },
      { entityId: 'a', at: micros(1) },
      { entityId: 'a', at: micros(1, 0, -1) },
      { entityId: 'nobody', at: micros(2) },
      { entityId: 'b', at: micros(9) },
    ];
    const found = await readAsOf(other.database, other.view, asked, null);
    expect(found.map((row) => row?.values['amount'] ?? null)).toEqual([null, 1, null, 2, 1, null, 3]);
  });

  test('gives none that was past its ttl at the moment, nor an older one instead', async () => {
    await using other = await openOnlineWorld(eventsView({ ttlMs: DAY_MS }));
    await other.commit(days(0), [['a', onDay(0), '1']]);
    const asked = [micros(1, 0, -1), micros(1)].map((moment) => ({ entityId: 'a', at: moment }));
    const found = await readAsOf(other.database, other.view, asked, null);
    expect(found.map((row) => row === null)).toEqual([false, true]);
  });
});

describe('readViewsAsOf', () => {
  test.each([
    { views: 4, pairs: 2_100, what: 'more pairs than one query has' },
    { views: 250, pairs: 14, what: 'more columns than one query has' },
  ])('finds in each view what readAsOf finds in one: $what', async ({ views, pairs }) => {
    await using other = await openOnlineWorld();
    const ids = ['a', '"b"', '\\c', 'null', '{d,e}'];
    await other.commit(days(0, 3), [
      ...ids.map((id, index) => [id, onDay(1), `${index}`] as const),
      ...ids.map((id, index) => [id, onDay(2), `${index + 10}`] as const),
    ]);
    const limited = { ...other.view, ttlMs: DAY_MS };
    const asked = Array.from({ length: pairs }, (_, index) => ({
      entityId: [...ids, 'nobody', 'U+0000 \0'][index % 7] ?? '',
      at: epochMicrosOf((at(onDay(1)) + ((index * 37) % 96) * 3_600_000) * 1_000),
    }));
    const moments = asked.map((pair) => pair.at);
    const entityIds = asked.map((pair) => pair.entityId);
    const first = { view: other.view, shown: null, sameColumns: null, entityIds: entityIds.toReversed() };
    const more = Array.from({ length: views - 1 }, () => ({
      view: limited,
      shown: null,
      sameColumns: null,
      entityIds,
    }));
    const how = { read: asFeatureValue, parallelQueries: 2 };
    const found = await readViewsAsOf(other.database, [first, ...more], moments, how);
    const turned = asked.map((pair, index) => ({ ...pair, entityId: entityIds.at(-1 - index) ?? '' }));
    const alone = await readAsOf(other.database, limited, asked, null);
    expect(found).toEqual([await readAsOf(other.database, other.view, turned, null), ...more.map(() => alone)]);
    expect(new Set(alone.map((row) => row?.values['amount'] ?? null)).size).toBeGreaterThan(5);
  });

  test('reads features whose names occur in its query', async () => {
    const features = ['place', 'at', 'id0', 'micros', 'v0', 'v0_0', 'pair', 'asked'].map((name) =>
      feature(name, 'int'),
    );
    await using other = await openOnlineWorld(eventsView({ features }));
    const values = features.map((_, index) => `${index}`);
    await other.commit(days(0), [
      ['a', onDay(0), ...values],
      ['b', onDay(0), ...values.toReversed()],
    ]);
    const moment = epochMicrosOf(at(onDay(1)) * 1_000);
    const views = [
      ['b', 'nobody', 'a'],
      ['a', 'a', 'b'],
    ].map((entityIds) => ({ view: other.view, shown: null, sameColumns: null, entityIds }));
    const how = { read: asFeatureValue, parallelQueries: 1 };
    const found = await readViewsAsOf(other.database, views, [moment, moment, moment], how);
    const places = found.map((rows) => rows.map((row) => row?.values['place'] ?? null));
    expect(places).toEqual([
      [7n, null, 0n],
      [0n, 0n, 7n],
    ]);
    expect(Object.values(found[1]?.[0]?.values ?? {})).toEqual(features.map((_, index) => BigInt(index)));
  });
});

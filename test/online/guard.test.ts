import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { GONE, NEVER } from '../../src/offline/newest.ts';
import { hashOfReply } from '../../src/online/layout.ts';
import { replaceSentinel, resetNumbers, stepSentinel } from '../../src/online/sentinel/sentinel.ts';
import type { OnlineStore } from '../../src/online/store.ts';
import { type GuardMode, openGuard } from '../../src/online/writing/guard.ts';
import { linesOfColumns } from '../../src/postgres/copy-lines.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { freshRedis } from '../support/servers.ts';
import { feature } from '../support/views.ts';
import { eventsView } from './world.ts';

const PLAIN = eventsView({ features: [feature('amount', 'decimal')] });
const SIGNAL = new AbortController().signal;
const FAR = '4102444800000'; // 2100-01-01

type Written = readonly [entity: string, time: number | null, expiry: string, ...values: (string | null)[]];

async function openStore(views: readonly FeatureView[] = [PLAIN]) {
  const redis = openRedis({ url: await freshRedis(), clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  const online: OnlineStore = { redis, prefix: 'mr', clock: systemClock };
  const named = views.map(({ name }) => ({ name, publishNumber: 0, finishedNumber: 0 }));
  await replaceSentinel(online, 1, named);
  return {
    online,
    write: async (number: number, mode: GuardMode, rows: readonly Written[], view = PLAIN, generation = 1) => {
      const guard = await openGuard(online, { view, number, generation });
      const columns = [0, 1, 2, ...view.features.map((_, index) => 3 + index)].map((column) =>
        rows.map((row) => (row[column] === null ? null : String(row[column]))),
      );
      return (await guard.write(linesOfColumns({ rows: rows.length, columns }), mode, SIGNAL)).counts;
    },
    begin: (number: number) =>
      stepSentinel(online, 'begin', { generation: 1, view: PLAIN.name, number, finishedNumber: 0 }),
    hash: async (entity: string) => {
      const [reply] = await redis.send([['HGETALL', `mr:${PLAIN.name}:${entity}`]]);
      return Object.fromEntries(hashOfReply(reply));
    },
    leftMs: async (entity: string) => Number((await redis.send([['PTTL', `mr:${PLAIN.name}:${entity}`]]))[0]),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}

const NOTHING = { written: 0, unchanged: 0, older: 0, refused: 0, removed: 0 };

describe('guard', () => {
  test('writes over an older row and leaves a newer one', async () => {
    await using store = await openStore();
    await store.write(1, 'guarded', [['a', 20, NEVER, '2']]);
    expect(await store.write(2, 'guarded', [['a', 10, NEVER, '1']])).toEqual({ ...NOTHING, older: 1 });
    expect(await store.hash('a')).toEqual({ _ts: '20', _rev: '1', amount: '2' });
    expect(await store.write(3, 'guarded', [['a', 30, NEVER, '3']])).toEqual({ ...NOTHING, written: 1 });
    expect(await store.hash('a')).toEqual({ _ts: '30', _rev: '3', amount: '3' });
  });

  test.each(['guarded', 'present', 'forced', 'rebuilt'] as const)(
    'does the same with keys that do not exist, whether or not another key of the batch does: %s',
    async (mode) => {
      const view = eventsView({ features: [feature('amount', 'decimal'), feature('note', 'string')] });
      const rows: Written[] = [
        ['plain', 20, NEVER, '1', 'x'],
        ['null', 20, NEVER, null, 'x'],
        ['expires', 20, FAR, '2', null],
        ['expired', 20, GONE, null, null],
        ['none', null, GONE, null, null],
      ];
      const seen = [];
      for (const others of [[], [['other', 10, NEVER, '9', 'y']] satisfies Written[]]) {
        await using store = await openStore();
        if (others.length > 0) await store.write(1, 'forced', others, view);
        const counts = await store.write(2, mode, [...rows, ...others], view);
        const hashes = await Promise.all(rows.map(([id]) => store.hash(id)));
        const expiries = await Promise.all(rows.map(async ([id]) => Math.sign(await store.leftMs(id))));
        seen.push({ counts: { ...counts, unchanged: counts.unchanged - others.length }, hashes, expiries });
      }
      expect(seen[0]).toEqual(seen[1]);
    },
  );

  test.each([
    ['2001-09-08T00:00:00Z', '2001-09-10T00:00:00Z'],
    ['1969-12-31T00:00:00Z', '1970-01-01T00:00:01Z'],
    ['1960-01-01T00:00:00Z', '1965-01-01T00:00:00Z'],
    ['1900-01-01T00:00:00Z', '2199-12-31T00:00:00Z'],
  ])('compares times as numbers, however many digits they have: %s is before %s', async (before, after) => {
    await using store = await openStore();
    const [old, later] = [Date.parse(before) * 1_000, Date.parse(after) * 1_000];
    await store.write(1, 'guarded', [['a', old, NEVER, '1']]);
    expect(await store.write(2, 'guarded', [['a', later, NEVER, '2']])).toEqual({ ...NOTHING, written: 1 });
    expect(await store.write(3, 'guarded', [['a', old, NEVER, '1']])).toEqual({ ...NOTHING, older: 1 });
    expect(await store.write(4, 'present', [['a', old, NEVER, '1']])).toEqual({ ...NOTHING, older: 1 });
    expect(await store.hash('a')).toEqual({ _ts: String(later), _rev: '2', amount: '2' });
  });

  test.each([
    ['0', '-0'],
    ['1.0', '1.00'],
    ['', ' '],
  ])('writes the correction of %j to %j at the same time', async (before, after) => {
    await using store = await openStore();
    await store.write(1, 'guarded', [['a', 20, NEVER, before]]);
    expect(await store.write(2, 'guarded', [['a', 20, NEVER, after]])).toEqual({ ...NOTHING, written: 1 });
    expect(await store.hash('a')).toMatchObject({ amount: after });
  });

  test('does not write an equal row again', async () => {
    await using store = await openStore();
    await store.write(1, 'guarded', [['a', 20, NEVER, '2']]);
    expect(await store.write(2, 'guarded', [['a', 20, NEVER, '2']])).toEqual({ ...NOTHING, unchanged: 1 });
    expect(await store.hash('a')).toMatchObject({ _rev: '1' });
  });

  test('leaves nulls out, and removes what has become null', async () => {
    const two = eventsView({ features: [feature('x', 'float'), feature('y', 'float')] });
    await using store = await openStore([two]);
    await store.write(1, 'guarded', [['a', 20, NEVER, '1', '2']], two);
    expect(await store.write(2, 'guarded', [['a', 20, NEVER, '1', null]], two)).toEqual({ ...NOTHING, written: 1 });
    expect(await store.hash('a')).toEqual({ _ts: '20', _rev: '2', x: '1' });
    expect(await store.write(3, 'guarded', [['a', 20, NEVER, null, null]], two)).toEqual({ ...NOTHING, written: 1 });
    expect(await store.hash('a')).toEqual({ _ts: '20', _rev: '3' });
    expect(await store.write(4, 'guarded', [['a', 20, NEVER, null, null]], two)).toEqual({ ...NOTHING, unchanged: 1 });
  });

  test('replaces the whole hash when a feature has got another name', async () => {
    const renamed = eventsView({ features: [feature('total', 'decimal')] });
    await using store = await openStore();
    await store.write(1, 'guarded', [['a', 20, NEVER, '2']]);
    expect(await store.write(2, 'guarded', [['a', 20, NEVER, '2']], renamed)).toEqual({ ...NOTHING, written: 1 });
    expect(await store.hash('a')).toEqual({ _ts: '20', _rev: '2', total: '2' });
  });

  test('replaces the expiry with the row, and sets it again in a rebuild', async () => {
    await using store = await openStore();
    await store.write(1, 'guarded', [['a', 20, FAR, '2']]);
    expect(await store.leftMs('a')).toBeGreaterThan(0);
    await store.write(2, 'guarded', [['a', 21, NEVER, '2']]);
    expect(await store.leftMs('a')).toBe(-1);
    expect(await store.write(3, 'rebuilt', [['a', 21, FAR, '2']])).toEqual({ ...NOTHING, unchanged: 1 });
    expect(await store.leftMs('a')).toBeGreaterThan(0);
  });

  test('removes by a tombstone that goes after a day, and writes over it later', async () => {
    await using store = await openStore();
    await store.write(1, 'guarded', [['a', 20, NEVER, '2']]);
    expect(await store.write(2, 'forced', [['a', null, GONE, null]])).toEqual({ ...NOTHING, removed: 1 });
    expect(await store.hash('a')).toEqual({ _rev: '2' });
    expect(await store.leftMs('a')).toBeGreaterThan(86_390_000);
    expect(await store.write(3, 'guarded', [['a', 5, NEVER, '1']])).toEqual({ ...NOTHING, written: 1 });
    expect(await store.hash('a')).toEqual({ _ts: '5', _rev: '3', amount: '1' });
    expect(await store.leftMs('a')).toBe(-1);
  });

  test('leaves a tombstone for an absent key, which stops a late writer', async () => {
    await using store = await openStore();
    expect(await store.write(2, 'forced', [['a', null, GONE, null]])).toEqual({ ...NOTHING, unchanged: 1 });
    expect(await store.write(1, 'guarded', [['a', 20, NEVER, '2']])).toEqual({ ...NOTHING, refused: 1 });
  });

  test('removes a row past its ttl, but no newer one', async () => {
    await using store = await openStore();
    await store.write(1, 'guarded', [
      ['a', 20, NEVER, '2'],
      ['b', 20, NEVER, '2'],
    ]);
    const gone: Written[] = [
      ['a', 20, GONE, '2'],
      ['b', 10, GONE, '1'],
      ['c', 10, GONE, '1'],
    ];
    expect(await store.write(2, 'guarded', gone)).toEqual({ ...NOTHING, removed: 1, older: 1, unchanged: 1 });
    expect([await store.hash('a'), await store.hash('b'), await store.hash('c')]).toMatchObject([
      { _rev: '2' },
      { amount: '2' },
      {},
    ]);
  });

  test('writes an older row where offline has lost the newer one', async () => {
    await using store = await openStore();
    await store.write(1, 'guarded', [['a', 20, NEVER, '2']]);
    expect(await store.write(2, 'forced', [['a', 10, NEVER, '1']])).toEqual({ ...NOTHING, written: 1 });
    expect(await store.hash('a')).toEqual({ _ts: '10', _rev: '2', amount: '1' });
  });

  test('refuses a row that carries a smaller number than is stored', async () => {
    await using store = await openStore();
    await store.write(5, 'guarded', [['a', 20, NEVER, '2']]);
    for (const mode of ['guarded', 'forced', 'rebuilt'] as const) {
      expect(await store.write(4, mode, [['a', 30, NEVER, '3']])).toEqual({ ...NOTHING, refused: 1 });
      expect(await store.write(4, mode, [['a', 30, GONE, null]])).toEqual({ ...NOTHING, refused: 1 });
    }
  });

  // An unchanged row keeps its number, which saves a write per row: the fence is what stops the publisher in between.
  test('writes no rows of a publish after a later one has started, not even over unchanged rows', async () => {
    await using store = await openStore();
    await store.write(3, 'guarded', [['a', 20, NEVER, '2']]);
    expect((await store.begin(6)).answer).toBe('ok');
    expect(await store.write(6, 'guarded', [['a', 20, NEVER, '2']])).toEqual({ ...NOTHING, unchanged: 1 });
    await expect(store.write(5, 'guarded', [['a', 20, NEVER, '1']])).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await store.hash('a')).toEqual({ _ts: '20', _rev: '3', amount: '2' });
  });

  test('writes nothing into a store of another generation, or of none', async () => {
    await using store = await openStore();
    const late = () => store.write(1, 'guarded', [['a', 20, NEVER, '2']], PLAIN, 2);
    await expect(late()).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    await store.online.redis.send([['FLUSHDB']]);
    await expect(late()).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    expect(await store.hash('a')).toEqual({});
  });

  test('does the same when a batch is sent twice', async () => {
    await using store = await openStore();
    const batch: Written[] = [
      ['a', 20, FAR, '2'],
      ['b', 20, GONE, null],
    ];
    await store.write(1, 'forced', batch);
    const once = [await store.hash('a'), await store.hash('b')];
    await store.write(1, 'forced', batch);
    expect([await store.hash('a'), await store.hash('b')]).toEqual(once);
  });

  test('stores each text as it is, in keys and in values', async () => {
    const view = eventsView({ features: [feature('amount', 'string'), feature('note', 'string')] });
    await using store = await openStore([view]);
    const texts = [
      '',
      '\\N',
      '\\',
      'a\\b',
      '\t',
      '\n',
      '\r\n',
      'é🦔',
      '\ufeff',
      'x'.repeat(64),
      'é'.repeat(70),
      `${'x'.repeat(99)}\\`,
    ];
    const rows = texts.map(
      (text, index): Written => [`${text}|${index}`, 20, NEVER, text, index % 2 === 0 ? null : text],
    );
    expect(await store.write(1, 'guarded', rows, view)).toEqual({ ...NOTHING, written: texts.length });
    expect(await store.write(1, 'guarded', rows, view)).toEqual({ ...NOTHING, unchanged: texts.length });
    for (const [index, text] of texts.entries()) {
      const note = index % 2 === 0 ? {} : { note: text };
      expect(await store.hash(`${text}|${index}`)).toEqual({ _ts: '20', _rev: '1', amount: text, ...note });
    }
  });

  test('takes views of very many features, few rows at a time', async () => {
    const wide = eventsView({ features: Array.from({ length: 2_000 }, (_, index) => feature(`f${index}`, 'int')) });
    await using store = await openStore([wide]);
    const guard = await openGuard(store.online, { view: wide, number: 1, generation: 1 });
    expect(guard.batchRows).toBe(3);
    const values = wide.features.map((_, index) => String(index));
    expect(await store.write(1, 'guarded', [['a', 20, NEVER, ...values]], wide)).toEqual({ ...NOTHING, written: 1 });
    expect(Object.keys(await store.hash('a'))).toHaveLength(2_002);
    expect(await store.write(1, 'guarded', [['a', 20, NEVER, ...values]], wide)).toEqual({ ...NOTHING, unchanged: 1 });
  });
});

describe('stepSentinel', () => {
  const step = { generation: 1, view: PLAIN.name, number: 1, finishedNumber: 0 };

  test('lets a publish finish that nothing came between, also when asked twice', async () => {
    await using store = await openStore();
    expect(await stepSentinel(store.online, 'begin', step)).toMatchObject({ answer: 'ok' });
    expect(await stepSentinel(store.online, 'finish', step)).toMatchObject({ answer: 'ok' });
    expect(await stepSentinel(store.online, 'finish', step)).toMatchObject({ answer: 'ok' });
  });

  test('lets no publish finish after which another has begun', async () => {
    await using store = await openStore();
    await store.begin(1);
    await store.begin(2);
    expect(await stepSentinel(store.online, 'finish', step)).toMatchObject({ answer: 'fenced' });
    expect(await store.begin(1)).toMatchObject({ answer: 'fenced' });
  });

  test('says when the store is not the one that Postgres means', async () => {
    await using store = await openStore();
    await store.begin(1);
    await resetNumbers(store.online, [{ name: PLAIN.name, publishNumber: 1, finishedNumber: 7 }]);
    expect(await stepSentinel(store.online, 'finish', step)).toMatchObject({ answer: 'differs' });
    expect(await store.begin(2)).toMatchObject({ answer: 'differs' });
    await store.online.redis.send([['FLUSHDB']]);
    expect(await stepSentinel(store.online, 'finish', step)).toMatchObject({ answer: 'lost' });
    expect(await store.begin(2)).toMatchObject({ answer: 'lost' });
  });
});

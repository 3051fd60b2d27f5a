import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { enumerationProblem } from '../../../src/definition/file-names.ts';
import { objectFiles } from '../../../src/sources/storage/object-files.ts';
import type { ObjectStore } from '../../../src/sources/storage/object-store.ts';
import { placeOf } from '../../../src/sources/storage/place.ts';
import { calm } from '../lake/lake-files.ts';
import { failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { ALL_PLACES, ALL_STORES, STORES } from './places.ts';

const NAMES = [
  'a.csv',
  'b.csv',
  'B.csv',
  'a.json',
  'a[1].csv',
  'x y+z&%.csv',
  'é.csv',
  '𝄞.csv',
  'ﬀ.csv',
  '_SUCCESS',
  '.hidden.csv',
  '_temporary/part-4.csv',
  'dt=2026-01-01/.hidden/part-5.csv',
  'dt=2026-01-01/part-1.csv',
  'dt=2026-01-01/part-2.csv',
  'dt=2026-01-01/deep/part-3.csv',
  'dt=2026-01-02/part-1.csv',
  'dtx/part-1.csv',
];

const LISTED: readonly { readonly globs: readonly string[]; readonly names: readonly string[] }[] = [
  { globs: ['a.csv'], names: ['a.csv'] },
  { globs: ['nowhere.csv', 'nowhere/*.csv', 'a.csv/b'], names: [] },
  { globs: ['*.csv'], names: ['B.csv', 'a.csv', 'a[1].csv', 'b.csv', 'x y+z&%.csv', 'é.csv', '𝄞.csv', 'ﬀ.csv'] },
  { globs: ['a.csv', '?.csv', 'a.*'], names: ['B.csv', 'a.csv', 'a.json', 'b.csv', 'é.csv', '𝄞.csv', 'ﬀ.csv'] },
  { globs: ['a[[]1].csv'], names: ['a[1].csv'] },
  { globs: ['_SUCCESS', 'dt=2026-01-01'], names: ['_SUCCESS'] },
  {
    globs: ['dt=2026-01-0?/*.csv'],
    names: ['dt=2026-01-01/part-1.csv', 'dt=2026-01-01/part-2.csv', 'dt=2026-01-02/part-1.csv'],
  },
  { globs: ['dt=2026-01-01/part-*'], names: ['dt=2026-01-01/part-1.csv', 'dt=2026-01-01/part-2.csv'] },
  {
    globs: ['**/part-*.csv'],
    names: [
      'dt=2026-01-01/deep/part-3.csv',
      'dt=2026-01-01/part-1.csv',
      'dt=2026-01-01/part-2.csv',
      'dt=2026-01-02/part-1.csv',
      'dtx/part-1.csv',
    ],
  },
  { globs: ['[a-bB].{csv,json}', 'a.csv'], names: ['B.csv', 'a.csv', 'a.json', 'b.csv'] },
  { globs: ['x y+z&%.csv', '{é,𝄞,ﬀ}.csv'], names: ['x y+z&%.csv', 'é.csv', '𝄞.csv', 'ﬀ.csv'] },
  {
    globs: ['dt=2026-01-0[1-2]/part-[1-2].csv', 'dt=2026-01-01{,x}/part-1.csv'],
    names: ['dt=2026-01-01/part-1.csv', 'dt=2026-01-01/part-2.csv', 'dt=2026-01-02/part-1.csv'],
  },
  { globs: ['[._]hidden.csv', '[._]SUCCESS', '{.,..,}/a.csv'], names: [] },
];

describe.each(Object.entries(ALL_PLACES))('a place of files: %s', (_, openWorld) => {
  test('lists matches by name, without duplicates, in every location', async () => {
    await using world = await openWorld();
    for (const name of NAMES) world.put(name, name);
    await using place = placeOf(world.options());
    const isSupported = ({ globs }: (typeof LISTED)[number]) =>
      world.isListing || globs.every((glob) => enumerationProblem(glob) === null);
    for (const { globs, names } of LISTED.filter(isSupported)) {
      expect((await place.list(globs, calm)).map(({ name }) => name)).toEqual(names);
    }
  });

  test('returns the bytes of each file in the order of the list, with its extension', async () => {
    await using world = await openWorld();
    const bodies = { 'a.csv': '', 'b.csv.gz': 'x'.repeat(300_000), 'deep/c.parquet': 'c' };
    for (const [name, body] of Object.entries(bodies)) world.put(name, body);
    await using place = placeOf(world.options());
    const listed = await place.list(['[a-b].csv{,.gz}', 'deep/c.parquet'], calm);
    await using readable = await place.open(listed, calm);
    await readable.requireUnchanged();
    expect(readable.files.map(({ name, bytes, path }) => [name, bytes, readFileSync(path, 'utf8')])).toEqual(
      Object.entries(bodies).map(([name, body]) => [name, body.length, body]),
    );
    expect(readable.files.map(({ path }) => /(\.csv|\.gz|\.parquet)$/.exec(path)?.[0])).toEqual([
      '.csv',
      '.gz',
      '.parquet',
    ]);
  });

  test('gives a replaced file another identity, and an unchanged one the same', async () => {
    await using world = await openWorld();
    world.put('a.csv', 'one');
    world.put('b.csv', 'one');
    await using place = placeOf(world.options());
    const before = await place.list(['[a-b].csv'], calm);
    world.put('b.csv', 'two');
    const after = await place.list(['[a-b].csv'], calm);
    expect(after.map(({ identity }, index) => identity === before[index]?.identity)).toEqual([true, false]);
  });

  test.each(['replaced', 'removed'])(
    'fails with FILE_CHANGED for a file that was %s after it was listed',
    async (how) => {
      await using world = await openWorld();
      world.put('a.csv', 'one');
      world.put('b.csv', 'one');
      await using place = placeOf(world.options());
      const listed = await place.list(['[a-b].csv'], calm);
      if (how === 'replaced') world.put('b.csv', 'two');
      else world.remove('b.csv');
      const failure = await failureOf(place.open(listed, calm));
      expect([failure.code, failure.facts['file']]).toEqual(['FILE_CHANGED', 'b.csv']);
    },
  );
});

describe.each(Object.entries(STORES))('an object store: %s', (_, openWorld) => {
  test('lists only the prefixes of the patterns', async () => {
    await using world = await openWorld();
    for (let index = 0; index < 40; index += 1) world.put(`elsewhere/${index}.csv`, 'x');
    world.put('dt=2026-01-01/a.csv', 'x');
    await using place = placeOf(world.options());
    expect(await place.list(['dt=2026-01-01/*.csv', 'dt=2026-01-02/*.csv'], calm)).toHaveLength(1);
    expect(world.server.requests).toHaveLength(2);
  });

  test('names what cannot be read, and the missing bucket, without a secret', async () => {
    await using world = await openWorld();
    world.put('a.csv', 'x');
    await using place = placeOf(world.options());
    const listed = await place.list(['*'], calm);
    world.server.isClosed = true;
    const failures = [await failureOf(place.list(['*'], calm)), await failureOf(place.open(listed, calm))];
    world.server.isClosed = false;
    await using nowhere = placeOf(world.options({ url: world.options().url.replace('://lake', '://nothere') }));
    failures.push(await failureOf(nowhere.list(['*'], calm)));
    expect(failures.map(({ code }) => code)).toEqual(['SOURCE_DENIED', 'SOURCE_DENIED', 'SOURCE_DENIED']);
    expect(failures[0]?.message).toMatch(/lake cannot be listed: .*; credentials come from /);
    expect(failures[1]?.message).toMatch(/a\.csv in .*lake cannot be read: /);
    expect(failures[2]?.message).toMatch(/there is no (bucket|container) nothere; check the URL/);
    for (const failure of failures) {
      expect(
        `${failure.message} ${failure.stack} ${String(failure.cause)} ${JSON.stringify(failure.facts)}`,
      ).not.toContain('canary');
    }
  });

  test('fails with SOURCE_UNAVAILABLE if no server responds', async () => {
    await using world = await openWorld();
    const options = world.options();
    await world.server[Symbol.asyncDispose]();
    await using place = placeOf(options);
    const failure = await failureOf(place.list(['*'], calm));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_UNAVAILABLE',
      expect.stringMatching(/lake could not be listed: .*ECONNREFUSED/),
    ]);
  });
});

describe.each(Object.entries(ALL_STORES))('a reading of files in a store: %s', (_, openWorld) => {
  test('stops immediately when the signal is aborted, and leaves nothing in the spool', async () => {
    await using world = await openWorld();
    world.put('a.csv', 'x'.repeat(100_000));
    world.server.faults.push({ kind: 'stall', at: 50_000 });
    await using place = placeOf(world.options({ idleTimeoutMs: 60_000 }));
    const listed = await place.list(['a.csv'], calm);
    const stop = new AbortController();
    const reason = new Error('stopped');
    const opening = place.open(listed, stop.signal);
    setTimeout(() => stop.abort(reason), 50);
    await expect(opening).rejects.toBe(reason);
    expect(world.spooled()).toEqual([]);
  });
});

describe('objectFiles', () => {
  test('gives up on an endless listing without files', async () => {
    let pages = 0;
    const store: ObjectStore = {
      label: 's3://lake',
      narrowing: 'prefix',
      async *list() {
        for (;;) {
          pages += 1;
          yield [];
        }
      },
      read: () => Promise.reject(new Error('nothing was listed')),
      write: async () => undefined,
      remove: async () => undefined,
      troubleOf: () => ({ kind: 'busy', what: 'nobody asked' }),
      [Symbol.asyncDispose]: async () => undefined,
    };
    const { spool, clock, idleTimeoutMs } = sourceOptions({ url: 's3://lake' });
    const failure = await failureOf(objectFiles({ store, spool, clock, idleTimeoutMs }).list(['2026/*'], calm));
    expect([failure.code, failure.message, pages]).toEqual([
      'SOURCE_SHAPE',
      'More than 1000000 objects (or 10000 pages of listings) in s3://lake match the prefix "2026/". Start the pattern in `files` with a longer fixed prefix.',
      10_001,
    ]);
  });
});

describe('placeOf', () => {
  test.each([
    ['file:///lake/%zz', 'Source lake: file:///lake/%zz is not a local folder (URI malformed); expected file:///'],
    ['file://lake/x', 'Source lake: file://lake/x is not a local folder (File URL host must be '],
    ['file:///a%2Fb', 'is not a local folder'],
    ['s3://', 'the URL has no host'],
    ['s3://bucket/a?regoin=x', 'unknown parameter "regoin"; expected one of region, endpoint, profile'],
    ['s3://bucket?endpoint=minio:9000', 'its endpoint is not a URL'],
    ['s3://me@bucket/a', 'a bucket URL cannot contain credentials'],
    ['abfss://container/folder', 'the URL has no container and account'],
    ['abfss://c@account.dfs.core.windows.net/x?sas=1', 'unknown parameter "sas"'],
  ])('refuses %s', async (url, problem) => {
    const failure = await failureOf(Promise.resolve().then(() => placeOf(sourceOptions({ name: 'lake', url }))));
    expect([failure.code, failure.message]).toEqual(['DEFINITION_INVALID', expect.stringContaining(problem)]);
  });
});

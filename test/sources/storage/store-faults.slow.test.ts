// Faults of object stores, 20 times each with test:all: a reading is complete and exact, or fails in time with the right code.
// It is never partial, never hangs, and the next one succeeds.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Failure, type FailureCode } from '../../../src/core/failure.ts';
import type { FileLocation } from '../../../src/sources/storage/file-location.ts';
import { placeOf } from '../../../src/sources/storage/place.ts';
import { FAULTS, type Fault, LISTING_FAULTS, type ListingFault } from '../../support/object-stores/object-server.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import { calm } from '../lake/lake-files.ts';
import { failureOf } from '../source-contract.ts';
import { ALL_STORES, STORES, type StoreWorld } from './places.ts';

const SEEDS = 20;
const LIMIT_MS = PATIENCE_MS;
const CHANGING = new Set(['replace', 'replaceMid']);

/** Numbers from 0 to 1 that a seed gives. */
function numbers(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function bytes(next: () => number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
}

type Read = { readonly code: FailureCode | null; readonly exact: boolean };

/** What a reading came to; `contents` is what the files held when they were listed. */
async function read(place: FileLocation, contents: ReadonlyMap<string, Buffer>): Promise<Read> {
  try {
    const listed = await place.list(['[0-9a].bin'], calm);
    await using readable = await place.open(listed, calm);
    const isExact = readable.files.every(({ name, path }) => contents.get(name)?.equals(readFileSync(path)));
    return { code: null, exact: isExact && readable.files.length === contents.size };
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, exact: false };
    throw error;
  }
}

/** Long enough not to take a busy machine for a silent store. */
function patience(kind: (Fault | ListingFault)['kind']) {
  return { idleTimeoutMs: kind === 'stall' ? 500 : 10_000 };
}

async function seeded(openWorld: () => Promise<StoreWorld>, kind: Fault['kind'], seed: number): Promise<void> {
  await using world = await openWorld();
  const next = numbers(seed);
  const contents = new Map<string, Buffer>();
  for (let index = 0; index < 3; index += 1)
    contents.set(`${index}.bin`, bytes(next, 1 + Math.floor(next() * 150_000)));
  for (const [name, body] of contents) world.put(name, body);
  world.server.replacement = () => bytes(next, 1 + Math.floor(next() * 150_000));
  await using place = placeOf(world.options(patience(kind)));
  // Inside of whichever object it strikes.
  const at = Math.floor(next() * Math.min(...[...contents.values()].map(({ length }) => length)));
  world.server.faults.push(...Array.from({ length: Math.floor(next() * 3) }, () => null), { kind, at });
  if (!CHANGING.has(kind)) world.server.faults.push({ kind, at: Math.floor(at / 2) });

  const first = await read(place, contents);

  expect([world.server.faults, world.server.struck[0]]).toEqual([[], { kind, at }]);
  if (first.code !== null) expect([kind, first.code]).toEqual([CHANGING.has(kind) ? kind : 'none', 'FILE_CHANGED']);
  else expect(first.exact).toBe(true);
  expect(world.spooled()).toEqual([]);
  const now = new Map(
    [...contents.keys()].map((name) => [name, world.server.objects.get(`lake/${name}`)?.body ?? Buffer.alloc(0)]),
  );
  expect(await read(place, now)).toEqual({ code: null, exact: true });
  expect(world.spooled()).toEqual([]);
}

describe.each(Object.entries(ALL_STORES))('files fetched from %s', (_, openWorld) => {
  test.each(FAULTS)(
    `are exact or fail as they should, after: %s (${SEEDS} seeds)`,
    { timeout: 300_000 },
    async (kind) => {
      for (let seed = 0; seed < SEEDS; seed += 1) {
        const started = performance.now();
        await seeded(openWorld, kind, seed);
        expect(performance.now() - started).toBeLessThan(LIMIT_MS);
      }
    },
  );

  const LASTING = [
    ['busy', 'SOURCE_UNAVAILABLE', /a\.bin in .* could not be fetched: .*HTTP (?:status )?503/],
    ['stall', 'SOURCE_UNAVAILABLE', /a\.bin in .* could not be fetched: nothing arrived for 500ms/],
    ['truncate', 'SOURCE_UNAVAILABLE', /a\.bin in .* could not be fetched: /],
    ['flip', 'FILE_BROKEN', /a\.bin in .* does not match its checksum/],
  ] as const;

  test.each(LASTING)('fail if the fault persists: %s', async (kind, code, message) => {
    await using world = await openWorld();
    world.put('a.bin', 'x'.repeat(50_000));
    world.server.faults.push(...Array.from({ length: 20 }, () => ({ kind, at: kind === 'flip' ? 7 : 0 })));
    await using place = placeOf(world.options(patience(kind)));
    const failure = await failureOf(place.list(['a.bin'], calm).then((listed) => place.open(listed, calm)));
    expect([failure.code, failure.message]).toEqual([code, expect.stringMatching(message)]);
    expect(failure.message).not.toContain('canary');
    expect(world.spooled()).toEqual([]);
    world.server.faults.length = 0;
    expect(await read(place, new Map([['a.bin', Buffer.from('x'.repeat(50_000))]]))).toEqual({
      code: null,
      exact: true,
    });
  });

  test('are resumed at the last byte, not restarted', async () => {
    await using world = await openWorld();
    const body = bytes(numbers(1), 1_000_000);
    world.put('a.bin', body);
    world.server.faults.push({ kind: 'truncate', at: 600_000 });
    await using place = placeOf(world.options());
    expect(await read(place, new Map([['a.bin', body]]))).toEqual({ code: null, exact: true });
    expect(world.server.sentBytes).toBeLessThan(1_600_000);
  });
});

describe.each(Object.entries(ALL_STORES))('files found in %s', (_, openWorld) => {
  test.each(LISTING_FAULTS)(
    `are all found, each once, after: %s (${SEEDS} seeds)`,
    { timeout: 300_000 },
    async (kind) => {
      for (let seed = 0; seed < SEEDS; seed += 1) {
        await using world = await openWorld();
        // A response without a body has fewer faults.
        if (!world.findingFaults.includes(kind)) return;
        const next = numbers(seed);
        const contents = new Map(Array.from({ length: 5 }, (__, index) => [`${index}.bin`, bytes(next, 10)]));
        for (const [name, body] of contents) world.put(name, body);
        await using place = placeOf(world.options(patience(kind)));
        const faults = [...(next() < 0.5 ? [null] : []), ...[0, 1].map(() => ({ kind, at: Math.floor(next() * 300) }))];
        world.server.listingFaults.push(...faults);
        expect([kind, seed, await read(place, contents)]).toEqual([kind, seed, { code: null, exact: true }]);
        expect(world.server.struck).toEqual(faults.filter((fault) => fault !== null));
        expect(world.spooled()).toEqual([]);
      }
    },
  );
});

describe.each(Object.entries(STORES))('files listed in %s', (_, openWorld) => {
  const LASTING = [
    ['busy', /lake could not be listed: HTTP 503 S/],
    ['stall', /lake could not be listed: nothing arrived for 500ms \(idle_timeout of the source\)\./],
    ['truncate', /lake could not be listed: /],
    [
      'page',
      /lake could not be listed: the response is not an? .* listing; check the URL, its endpoint and any proxy\./,
    ],
    ['repeat', /lake could not be listed: its listing repeats a page\./],
  ] as const;

  test.each(LASTING)('fail if the fault persists: %s', async (kind, message) => {
    await using world = await openWorld();
    for (const name of ['a.bin', 'b.bin', 'c.bin']) world.put(name, 'x');
    world.server.listingFaults.push(...Array.from({ length: 200 }, () => ({ kind, at: 30 })));
    await using place = placeOf(world.options(patience(kind)));
    const failure = await failureOf(place.list(['*'], calm));
    expect([failure.code, failure.message]).toEqual(['SOURCE_UNAVAILABLE', expect.stringMatching(message)]);
    expect(world.server.struck.length).toBeLessThan(20);
  });
});

test('an incomplete listing of S3 without a continuation token is restarted, and never treated as complete', async () => {
  const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
  await using world = await openWorld();
  for (const name of ['a.bin', 'b.bin', 'c.bin']) world.put(name, 'x');
  const lost = { kind: 'lost', at: 0 } as const;
  world.server.listingFaults.push(lost);
  await using place = placeOf(world.options());
  expect((await place.list(['*'], calm)).map(({ name }) => name)).toEqual(['a.bin', 'b.bin', 'c.bin']);
  world.server.listingFaults.push(...Array.from({ length: 20 }, () => lost));
  const failure = await failureOf(place.list(['*'], calm));
  expect([failure.code, failure.message]).toEqual([
    'SOURCE_UNAVAILABLE',
    's3://lake/lake could not be listed: its listing is incomplete and has no continuation token.',
  ]);
});

describe('an interrupted transfer of an object of S3', () => {
  async function interrupted(ranges: 'ignored' | 'shifted' | 'unnamed') {
    const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
    await using world = await openWorld();
    world.server.ranges = ranges;
    world.server.checksumOf = () => ({});
    const body = bytes(numbers(1), 100_000);
    world.put('a.bin', body);
    world.server.faults.push({ kind: 'truncate', at: 60_000 });
    await using place = placeOf(world.options());
    try {
      await using readable = await place.open(await place.list(['a.bin'], calm), calm);
      return readable.files.map(({ path }) => body.equals(readFileSync(path)));
    } catch (error) {
      if (error instanceof Failure) return [error.code, error.message];
      throw error;
    }
  }

  test('is completed by a store that ignores ranges and sends all bytes again', async () => {
    expect(await interrupted('ignored')).toEqual([true]);
  });

  test.each(['shifted', 'unnamed'] as const)('fails if the store sends another part: %s', async (ranges) => {
    expect(await interrupted(ranges)).toEqual([
      'SOURCE_UNAVAILABLE',
      'a.bin in s3://lake/lake could not be fetched: the response is another part of the object.',
    ]);
  });
});

test.each(['replace', 'replaceMid'] as const)(
  'an object of a store that ignores conditions is never mixed with the one that replaces it: %s',
  async (kind) => {
    const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
    await using world = await openWorld();
    world.server.ignoresConditions = true;
    world.server.checksumOf = () => ({});
    world.server.replacement = () => 'y'.repeat(50_000);
    world.put('a.bin', 'x'.repeat(50_000));
    world.server.faults.push({ kind, at: 30_000 });
    await using place = placeOf(world.options());
    expect(await read(place, new Map([['a.bin', Buffer.from('x'.repeat(50_000))]]))).toEqual({
      code: 'FILE_CHANGED',
      exact: false,
    });
    expect(await read(place, new Map([['a.bin', Buffer.from('y'.repeat(50_000))]]))).toEqual({
      code: null,
      exact: true,
    });
  },
);

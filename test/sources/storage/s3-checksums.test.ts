// The writer of an object chooses its checksum. Those that are not computed here are checked by the SDK, for whole objects only.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { placeOf } from '../../../src/sources/storage/place.ts';
import { calm } from '../lake/lake-files.ts';
import { STORES, type StoreWorld } from './places.ts';

const ONES = 0xffff_ffff_ffff_ffffn;

function crc64NvmeOf(body: Uint8Array): string {
  let value = ONES;
  for (const byte of body) {
    value ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ 0x9a6c_9329_ac4b_c9b5n : value >> 1n;
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value ^ ONES);
  return bytes.toString('base64');
}

const CHECKSUMS: Readonly<Record<string, (body: Buffer) => Record<string, string>>> = {
  crc64nvme: (body) => ({ 'x-amz-checksum-crc64nvme': crc64NvmeOf(body), 'x-amz-checksum-type': 'FULL_OBJECT' }),
  sha1: (body) => ({ 'x-amz-checksum-sha1': createHash('sha1').update(body).digest('base64') }),
  sha256: (body) => ({ 'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64') }),
  'of parts': () => ({ 'x-amz-checksum-crc32': 'AAAAAA==-2', 'x-amz-checksum-type': 'COMPOSITE' }),
  none: () => ({}),
};

async function worldWith(checksum: string): Promise<StoreWorld & { fetch(): Promise<string> }> {
  const openWorld = STORES['s3'] as () => Promise<StoreWorld>; // it is there
  const world = await openWorld();
  world.server.checksumOf = CHECKSUMS[checksum] ?? (() => ({}));
  world.put('a.bin', 'x'.repeat(20_000));
  const fetch = async () => {
    await using place = placeOf(world.options());
    await using readable = await place.open(await place.list(['*'], calm), calm);
    return readFileSync(readable.files[0]?.path ?? '', 'utf8');
  };
  return Object.assign(world, { fetch });
}

describe('an object of S3', () => {
  test.each(['crc64nvme', 'sha1', 'sha256'])(
    'with the checksum %s is fetched again when a bit of it flipped',
    async (checksum) => {
      await using world = await worldWith(checksum);
      world.server.faults.push({ kind: 'flip', at: 9_999 });
      expect(await world.fetch()).toBe('x'.repeat(20_000));
      expect(world.server.faults).toEqual([]);
    },
  );

  test.each(Object.keys(CHECKSUMS))(
    'with the checksum %s is whole although its transfer broke off',
    async (checksum) => {
      await using world = await worldWith(checksum);
      world.server.faults.push({ kind: 'truncate', at: 15_000 });
      expect(await world.fetch()).toBe('x'.repeat(20_000));
      const again = checksum === 'crc64nvme' ? 20_000 : 5_000;
      expect(world.server.sentBytes).toBe(20_000 + again);
    },
  );

  test('with a checksum that only the SDK computes is checked after an interrupted transfer', async () => {
    await using world = await worldWith('crc64nvme');
    world.server.faults.push({ kind: 'truncate', at: 15_000 }, { kind: 'flip', at: 3 });
    expect(await world.fetch()).toBe('x'.repeat(20_000));
  });
});

// Computes a checksum over bytes that arrive in parts, and compares it with the expected one.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Checksum } from './object-store.ts';

export type Digest = { update(chunk: Uint8Array): void; fits(): boolean };

export function digestOf({ algorithm, base64 }: Checksum): Digest {
  if (algorithm === 'crc32') {
    let value = 0;
    return {
      update: (chunk) => {
        value = crc32(chunk, value);
      },
      fits: () => Buffer.from(base64, 'base64').equals(bigEndian(value)),
    };
  }
  const hash = createHash(algorithm);
  return { update: (chunk) => hash.update(chunk), fits: () => hash.copy().digest('base64') === base64 };
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The CRC-32 of a file, in base 64. */
export async function crc32Of(path: string): Promise<string> {
  let sum = 0;
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of chunks) sum = crc32(chunk, sum);
  return bigEndian(sum).toString('base64');
}

// The content of a .bz2, which may have several parts, one block at a time. Not the stream of unbzip2-stream: at the end of its
// input, it decompresses up to a megabyte without a pause, which may be gigabytes of output.

/// <reference path="./bzip2-lib.d.ts" />
import { setImmediate } from 'node:timers/promises';
import bitIterator from 'unbzip2-stream/lib/bit_iterator.js';
import bzip2, { type BitReader } from 'unbzip2-stream/lib/bzip2.js';

/** More than one compressed block with all its tables. */
const BLOCK_BYTES_MAX = 1_100_000;
const OUTPUT_BYTES = 1_048_576;
const BLOCK_UNIT = 100_000;

/** Each block, of at most 46 MB. @throws Error if the input is truncated or damaged. */
export async function* bunzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = blockInput(chunks);
  let stream: Stream | null = null;
  while (await input.fill()) {
    if (stream === null) {
      const size = bzip2.header(input.bits) * BLOCK_UNIT;
      stream = { checksum: 0, buffer: new Int32Array(size) };
    }
    const output = blockOutput();
    const buffer: Int32Array = stream.buffer;
    const checksum = bzip2.decompress(input.bits, output.write, buffer, buffer.length, stream.checksum);
    stream = checksum === null ? null : { buffer, checksum };
    const block = output.bytes();
    if (block.length > 0) yield block;
    // A block takes long, and other blocks of the input may be here already.
    await setImmediate();
  }
  if (stream !== null) throw new Error('unexpected end of file');
}

type Stream = { readonly checksum: number; readonly buffer: Int32Array };

/** Keeps enough input for a whole block, because the decompressor cannot wait for more. */
function blockInput(chunks: AsyncIterable<Buffer>): { readonly bits: BitReader; fill(): Promise<boolean> } {
  const iterator = chunks[Symbol.asyncIterator]();
  const held: Buffer[] = [];
  let taken = 0;
  const bits = lazyBits(() => held.shift());
  return {
    bits,
    /** Whether there is any input left. */
    async fill() {
      while (taken - bits.bytesRead < BLOCK_BYTES_MAX) {
        const next = await iterator.next();
        if (next.done === true) break;
        held.push(next.value);
        taken += next.value.length;
      }
      return taken > bits.bytesRead;
    },
  };
}

/** The bit reader takes its first buffer when it is created. */
function lazyBits(nextBuffer: () => Buffer | undefined): BitReader {
  let bits: BitReader | null = null;
  const reader = (count: number | null) => {
    bits ??= bitIterator(() => {
      const buffer = nextBuffer();
      if (buffer === undefined) throw new Error('unexpected end of file');
      return buffer;
    });
    const read = bits(count);
    lazy.bytesRead = bits.bytesRead;
    return read;
  };
  const lazy: BitReader = Object.assign(reader, { bytesRead: 0 });
  return lazy;
}

function blockOutput(): { write(byte: number): void; bytes(): Buffer } {
  let buffer = Buffer.allocUnsafe(OUTPUT_BYTES);
  let length = 0;
  return {
    write(byte) {
      if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
      buffer[length] = byte;
      length += 1;
    },
    bytes: () => buffer.subarray(0, length),
  };
}

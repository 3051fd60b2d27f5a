// The parts of unbzip2-stream under its stream, which decompresses up to a megabyte of its input without a pause.

declare module 'unbzip2-stream/lib/bzip2.js' {
  /** Reads bits; with null, up to the next byte. */
  export type BitReader = ((count: number | null) => number) & { bytesRead: number };
  const bzip2: {
    /** The block size of a stream, in units of 100,000 bytes. */
    header(bits: BitReader): number;
    /** Decompresses one block, byte by byte, and returns the checksum so far; null at the end of a stream. */
    decompress(
      bits: BitReader,
      write: (byte: number) => void,
      buffer: Int32Array,
      bufferSize: number,
      checksum: number | null,
    ): number | null;
  };
  export default bzip2;
}

declare module 'unbzip2-stream/lib/bit_iterator.js' {
  import type { BitReader } from 'unbzip2-stream/lib/bzip2.js';
  export default function bitIterator(nextBuffer: () => Uint8Array | undefined): BitReader;
}

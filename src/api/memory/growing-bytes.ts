// Bytes that arrive in pieces.

export type GrowingBytes = {
  add(piece: Uint8Array): void;
  /** The bytes so far, and starts again. */
  take(): Uint8Array<ArrayBuffer>;
  readonly isEmpty: () => boolean;
};

/** One buffer that doubles: a client that sends single bytes needs no more memory than one that sends large pieces. */
export function openGrowingBytes(): GrowingBytes {
  let buffer = new Uint8Array(0);
  let size = 0;
  return {
    add(piece) {
      if (size + piece.length > buffer.length) {
        const grown = new Uint8Array(Math.max(size + piece.length, buffer.length * 2));
        grown.set(buffer.subarray(0, size));
        buffer = grown;
      }
      buffer.set(piece, size);
      size += piece.length;
    },
    take() {
      const bytes = buffer.subarray(0, size);
      buffer = new Uint8Array(0);
      size = 0;
      return bytes;
    },
    isEmpty: () => size === 0,
  };
}

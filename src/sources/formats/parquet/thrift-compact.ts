// A reader for Thrift's compact protocol, limited to what the footers of Parquet files use.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

/** The types of fields. The type of a boolean includes its value. */
export const T = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
};
const DEPTH_MAX = 32;

export type CompactReader = ReturnType<typeof compactReader>;

/** Reads values in order. A callback of `struct` must read or skip the value of its field. */
export function compactReader(bytes: Buffer) {
  let at = 0;
  let depth = 0;
  const next = (): number => {
    const byte = bytes[at];
    if (byte === undefined) throw new RangeError('the footer ends early');
    at += 1;
    return byte;
  };
  const reader = {
    at: () => at,
    byteAt: (index: number) => bytes[index] ?? 0,
    isLongHeader: (header: number) => ((bytes[header] ?? 0) & 0xf0) === 0,
    varint(): number {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = next();
        value += (byte & 0x7f) * factor;
        if (byte < 0x80) return value;
        if (factor > 2 ** 63) throw new RangeError('the footer has a number that does not end');
      }
    },
    text(): string {
      const length = reader.varint();
      if (length > bytes.length - at) throw new RangeError('the footer ends early');
      at += length;
      return bytes.toString('utf8', at - length, at);
    },
    struct(field: (id: number, type: number, headerAt: number) => void): void {
      depth += 1;
      if (depth > DEPTH_MAX) throw new RangeError('the footer is nested too deep');
      let id = 0;
      for (;;) {
        const headerAt = at;
        const header = next();
        if (header === 0) break;
        id = header >> 4 === 0 ? zigzag(reader.varint()) : id + (header >> 4);
        field(id, header & 0x0f, headerAt);
      }
      depth -= 1;
    },
    list<Item>(item: (type: number) => Item): Item[] {
      const header = next();
      const size = header >> 4 === 15 ? reader.varint() : header >> 4;
      if (size > bytes.length - at) throw new RangeError('the footer ends early');
      return Array.from({ length: size }, () => item(header & 0x0f));
    },
    skip(type: number): void {
      if (type === T.true || type === T.false) return;
      if (type === T.byte) next();
      else if (type === T.i16 || type === T.i32 || type === T.i64) reader.varint();
      else if (type === T.double) at += 8;
      else if (type === T.binary) reader.text();
      else if (type === T.list || type === T.set) reader.list((item) => (item <= T.false ? next() : reader.skip(item)));
      else if (type === T.struct) reader.struct((_, inner) => reader.skip(inner));
      else throw new RangeError('the footer has a value of an unknown type');
    },
  };
  return reader;
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

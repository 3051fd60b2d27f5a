// A Parquet file as Hive wrote decimals: in bytes, with statistics in the deprecated fields. No current writer makes one.
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift

const MAGIC = Buffer.from('PAR1');
const WRITER = Buffer.from('parquet-mr version 1.8.3');
const [NAME, STOP] = [0x76, 0];
/** Headers of fields in Thrift's compact protocol: the difference to the number of the field before, and the type. */
const [I32, I64, TEXT, LIST, STRUCT] = [0x15, 0x16, 0x18, 0x19, 0x1c];
const [FIXED_BYTES, DECIMAL, RLE] = [7, 5, 3];

/** A file with the column v, a decimal(9, 2) of five bytes, with these hundredths, all less than 256. */
export function oldDecimals(
  hundredths: readonly number[],
  { smallest, largest }: { readonly smallest: number; readonly largest: number },
): Buffer {
  const data = hundredths.flatMap(fiveBytes);
  const [rows, bytes] = [int(hundredths.length), int(data.length)];
  const page = [I32, int(0), I32, bytes, I32, bytes, STRUCT + 0x10];
  page.push(I32, rows, I32, int(0), I32, int(RLE), I32, int(RLE), STOP, STOP);
  const size = int(page.length + data.length);
  const root = [TEXT + 0x30, 1, NAME, I32, int(1), STOP];
  const leaf = [I32, int(FIXED_BYTES), I32, int(5), I32, int(0), TEXT, 1, NAME];
  leaf.push(I32 + 0x10, int(DECIMAL), I32, int(2), I32, int(9), STOP);
  const statistics = [TEXT, 5, ...fiveBytes(largest), TEXT, 5, ...fiveBytes(smallest), I64, int(0), STOP];
  const chunk = [I32, int(FIXED_BYTES), LIST, 0x15, int(0), LIST, 0x18, 1, NAME, I32, int(0), I64, rows, I64, size];
  chunk.push(I64, size, I64 + 0x10, int(MAGIC.length), STRUCT + 0x20, ...statistics, STOP);
  const group = [LIST, 0x1c, I64 + 0x10, int(MAGIC.length), STRUCT, ...chunk, STOP, I64, size, I64, rows, STOP];
  const footer = [I32, int(1), LIST, 0x2c, ...root, ...leaf, I64, rows, LIST, 0x1c, ...group];
  footer.push(TEXT + 0x10, WRITER.length, ...WRITER, STOP);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.from([...MAGIC, ...page, ...data, ...footer, ...length, ...MAGIC]);
}

/** A number less than 64 in zigzag encoding. */
function int(value: number): number {
  return 2 * value;
}

function fiveBytes(hundredths: number): number[] {
  return [0, 0, 0, 0, hundredths];
}

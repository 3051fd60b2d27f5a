// The line `sep=;` that Excel writes before the header. It names the delimiter of the file.

export type CsvText = {
  /** The delimiter that the line names; null if there is no such line. */
  readonly delimiter: string | null;
  /** The number of the first remaining line, from 1. */
  readonly line: number;
  /** The bytes without that line. */
  readonly chunks: AsyncIterable<Buffer>;
};

const SEP_LINE = /^(?:\xef\xbb\xbf)?(?:sep=([\t -~])|"sep=([\t -~])")\r?\n/i;

/** Checks only the first chunk, which contains the whole line. */
export async function withoutSepLine(chunks: AsyncIterable<Buffer>): Promise<CsvText> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  const start: Buffer = first.done === true ? Buffer.alloc(0) : first.value;
  const [line = '', plain, quoted] = SEP_LINE.exec(start.toString('latin1', 0, 16)) ?? [];
  const delimiter = plain ?? quoted ?? null;
  return {
    delimiter,
    line: delimiter === null ? 1 : 2,
    chunks: resumed(start.subarray(line.length), iterator),
  };
}

async function* resumed(first: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

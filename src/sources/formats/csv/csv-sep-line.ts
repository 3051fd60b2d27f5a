// The line `sep=;` that Excel writes, and reads, before the header: it names the delimiter of the file.

export type CsvText = {
  /** What the line names; null where there is no such line. */
  readonly delimiter: string | null;
  /** Of the first line that is left, from 1. */
  readonly line: number;
  /** The bytes without that line. */
  readonly chunks: AsyncIterable<Buffer>;
};

const SEP_LINE = /^(?:\xef\xbb\xbf)?(?:sep=([\t -~])|"sep=([\t -~])")\r?\n/i;

/** Looks at the first chunk alone: the line is in it, or is none. */
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

// What DuckDB says about a Parquet file: is it broken, or written in a way that we cannot read?

import { Failure } from '../../../core/failure.ts';
import { safe, text } from '../../../core/message.ts';

/** The failure of a file. `told` is what people may read of `problem`, which is DuckDB's. */
export function parquetFailure(
  name: string,
  { problem, told }: { problem: string; told: string },
  cause: unknown,
): Failure {
  const unsupported = unsupportedIn(problem);
  if (unsupported === null) {
    return new Failure('FILE_BROKEN', text`${safe(name)} is no readable Parquet file: ${told}.`, { file: name }, cause);
  }
  const what = text`${safe(name)} is a Parquet file, but ${safe(unsupported)}, which is not supported: have it written otherwise, for example with ZSTD or Snappy and plain or dictionary encoding.`;
  return new Failure('FILE_UNSUPPORTED', what, { file: name }, cause);
}

/** Half a sentence about what is not supported; null for any other problem. */
export function unsupportedIn(problem: string): string | null {
  const [, codec] = /Unsupported compression codec "(\w+)"/i.exec(problem) ?? [];
  if (codec !== undefined) return `it is compressed with ${codec === 'LZ4' ? "Hadoop's framing of LZ4" : codec}`;
  if (/BYTE_STREAM_SPLIT/.test(problem)) return 'a column that is no float has the encoding BYTE_STREAM_SPLIT';
  if (/Unsupported page encoding/i.test(problem)) return 'a column has an encoding';
  return /encrypted|encryption_config/i.test(problem) ? 'it is encrypted' : null;
}

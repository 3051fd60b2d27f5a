// DuckDB errors about a Parquet file: is the file broken, or does it use an unsupported feature?

import { Failure } from '../../../core/failure.ts';
import { safe, text } from '../../../core/message.ts';

/** The failure of a file. `problem` is DuckDB's error, and `shown` the part of it that may be shown. */
export function parquetFailure(
  name: string,
  { problem, shown }: { problem: string; shown: string },
  cause: unknown,
): Failure {
  const unsupported = unsupportedIn(problem);
  if (unsupported === null) {
    return new Failure(
      'FILE_BROKEN',
      text`${safe(name)} is not a readable Parquet file: ${shown}.`,
      { file: name },
      cause,
    );
  }
  const what = text`${safe(name)} cannot be read: ${safe(unsupported)}, which is not supported. Write it without encryption, with ZSTD or Snappy compression and plain or dictionary encoding.`;
  return new Failure('FILE_UNSUPPORTED', what, { file: name }, cause);
}

/** The unsupported feature, as the start of a sentence; null for any other problem. */
export function unsupportedIn(problem: string): string | null {
  const [, codec] = /Unsupported compression codec "(\w+)"/i.exec(problem) ?? [];
  if (codec !== undefined) return `it is compressed with ${codec === 'LZ4' ? "Hadoop's LZ4 framing" : codec}`;
  if (/BYTE_STREAM_SPLIT/.test(problem)) return 'a column that is not a float uses the encoding BYTE_STREAM_SPLIT';
  if (/Unsupported page encoding/i.test(problem)) return 'a column uses an unknown encoding';
  return /encrypted|encryption_config/i.test(problem) ? 'it is encrypted' : null;
}

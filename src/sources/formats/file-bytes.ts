// The bytes of a file, decompressed and counted: a .gz or .zst may be truncated, have several parts, or be a decompression
// bomb. DuckDB silently reads a truncated file, or a .gz with flipped bits, as if it were complete.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { SourceLimits } from '../../definition/config.ts';
import { FileProblem } from './file-problem.ts';

export type FileLimits = Pick<SourceLimits, 'fileRowsMax' | 'decompressionRatioMax'>;

const MEGABYTE = 1_048_576;
const CHUNK_BYTES = 262_144;
/** The ratio is not checked for a smaller output. */
const RATIO_FROM_BYTES = 16 * MEGABYTE;
/** The most frames of a .zst of any size, plus one for each 64 KiB. A bomb has one for each ten bytes. */
const FRAMES_MAX = 1_000;

export type Compression = 'gzip' | 'zstd' | 'uncompressed';

/** How a file of this name is compressed as a whole. */
export function compressionOf(path: string): Compression {
  const [, ending] = /\.(gz|zst)$/i.exec(path) ?? [];
  if (ending === undefined) return 'uncompressed';
  return ending.toLowerCase() === 'gz' ? 'gzip' : 'zstd';
}

function isCompressed(path: string): boolean {
  return compressionOf(path) !== 'uncompressed';
}

/** Every byte of the file. @throws FileProblem if it is truncated, damaged, or a decompression bomb. */
export async function* fileBytes(path: string, limits: FileLimits, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { size } = await stat(path);
  const bytesMax = size * limits.decompressionRatioMax;
  let bytes = 0;
  for await (const chunk of isCompressed(path) ? decompressed(path, size, signal) : plain(path, 0, signal)) {
    signal.throwIfAborted();
    if (bytes === 0) requireText(chunk, isCompressed(path));
    bytes += chunk.length;
    if (isCompressed(path) && bytes > RATIO_FROM_BYTES && bytes > bytesMax) throw tooDense(limits);
    yield chunk;
  }
}

/** The first bytes of files that are not text. Often such a file has the wrong extension. */
const KINDS = [
  { bytes: [0x1f, 0x8b], is: 'compressed with gzip', ending: '.gz' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], is: 'compressed with zstd', ending: '.zst' },
  { bytes: [0x50, 0x41, 0x52, 0x31], is: 'a Parquet file', ending: '.parquet' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], is: 'a zip archive', ending: null },
  { bytes: [0xff, 0xfe], is: 'UTF-16', ending: null },
  { bytes: [0xfe, 0xff], is: 'UTF-16', ending: null },
] as const;

function requireText(chunk: Buffer, isUnpacked: boolean): void {
  const kind = KINDS.find(({ bytes }) => bytes.every((byte, index) => chunk[index] === byte));
  if (kind === undefined) return;
  const remedy = kind.ending === null ? 'expected UTF-8 text' : `its name must end with ${kind.ending}`;
  throw new FileProblem(
    isUnpacked
      ? text`its decompressed content is ${safe(kind.is)}; expected text`
      : text`it is ${safe(kind.is)}; ${safe(remedy)}`,
  );
}

/** @throws FileProblem for a file with more than `file_rows_max` rows. */
export function requireRows(rows: number, { fileRowsMax }: FileLimits): void {
  if (rows <= fileRowsMax) return;
  throw new FileProblem(text`it has more than ${safe(fileRowsMax)} rows (file_rows_max of its source)`);
}

function tooDense({ decompressionRatioMax }: FileLimits): FileProblem {
  const limit = `${decompressionRatioMax} times its size (decompression_ratio_max of its source)`;
  return new FileProblem(text`it decompresses to more than ${safe(limit)}`);
}

function decompressorFor(path: string): Transform | null {
  const compression = compressionOf(path);
  if (compression === 'gzip') return createGunzip({ chunkSize: CHUNK_BYTES });
  return compression === 'zstd' ? createZstdDecompress({ chunkSize: CHUNK_BYTES }) : null;
}

function plain(path: string, start: number, signal: AbortSignal): Readable {
  return createReadStream(path, { start, signal, highWaterMark: CHUNK_BYTES });
}

/** All parts of a file in order. A zstd decompressor stops after each frame. */
async function* decompressed(path: string, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const framesMax = FRAMES_MAX + Math.ceil(size / 65_536);
  let frames = 0;
  for (let offset = 0; offset < size; frames += 1) {
    if (frames >= framesMax) throw new FileProblem(text`it has more than ${safe(framesMax)} compressed parts`);
    const decompressor = decompressorFor(path);
    if (decompressor === null) throw new RangeError(`${path} is not compressed`);
    try {
      // Errors are thrown by the decompressor.
      pipeline(plain(path, offset, signal), decompressor, () => undefined);
      yield* decompressor;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new FileProblem(text`it is truncated or damaged (${wordsOf(error)})`, { cause: error });
    } finally {
      decompressor.destroy();
    }
    const { bytesWritten } = decompressor as unknown as { bytesWritten: number }; // zlib streams have it, but their type is internal
    if (bytesWritten === 0) throw new FileProblem(text`it is truncated or damaged (trailing data)`);
    offset += bytesWritten;
  }
}

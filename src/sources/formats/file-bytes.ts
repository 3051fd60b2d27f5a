// The text of a file in UTF-8: decompressed, counted and decoded. A compressed file may be truncated, have several parts, or be
// a decompression bomb. DuckDB silently reads a truncated file, or a .gz with flipped bits, as if it were complete.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { SourceLimits } from '../../definition/config.ts';
import type { TextEncoding } from '../../definition/view.ts';
import { bunzipped } from './compressed/bzip2.ts';
import { compressionOf } from './compressed/compression.ts';
import { unzipped } from './compressed/zip.ts';
import { FileProblem } from './file-problem.ts';
import { asUtf8 } from './text-encoding.ts';
import { requireText } from './text-start.ts';

export type FileLimits = Pick<SourceLimits, 'fileRowsMax' | 'decompressionRatioMax'>;

const MEGABYTE = 1_048_576;
const CHUNK_BYTES = 262_144;
/** The ratio is not checked for a smaller output. */
const RATIO_FROM_BYTES = 16 * MEGABYTE;
/** The most frames of a .zst of any size, plus one for each 64 KiB. A bomb has one for each ten bytes. */
const FRAMES_MAX = 1_000;

export type TextOptions = FileLimits & { readonly signal: AbortSignal };

/** The text of a file, as UTF-8. @throws FileProblem if it is truncated, damaged, a bomb, or not in its encoding. */
export async function* fileText(
  path: string,
  encoding: TextEncoding | undefined,
  options: TextOptions,
): AsyncGenerator<Buffer> {
  yield* asUtf8(fileBytes(path, encoding, options), encoding);
}

async function* fileBytes(
  path: string,
  encoding: TextEncoding | undefined,
  options: TextOptions,
): AsyncGenerator<Buffer> {
  const { decompressionRatioMax, signal } = options;
  const { size } = await stat(path);
  const bytesMax = size * decompressionRatioMax;
  const isCompressed = compressionOf(path) !== 'uncompressed';
  let bytes = 0;
  for await (const chunk of contentOf(path, size, signal)) {
    signal.throwIfAborted();
    if (bytes === 0) requireText(chunk, encoding, isCompressed ? 'content' : 'file');
    bytes += chunk.length;
    if (isCompressed && bytes > RATIO_FROM_BYTES && bytes > bytesMax) throw tooDense(options);
    yield chunk;
  }
}

/** @throws FileProblem for a file with more than `file_rows_max` rows. */
export function requireRows(rows: number, { fileRowsMax }: FileLimits): void {
  if (rows <= fileRowsMax) return;
  throw new FileProblem(text`it has more than ${safe(fileRowsMax)} rows (file_rows_max, set on its source)`);
}

function tooDense({ decompressionRatioMax }: FileLimits): FileProblem {
  const limit = `${decompressionRatioMax} times its size (decompression_ratio_max of its source)`;
  return new FileProblem(text`it decompresses to more than ${safe(limit)}`);
}

function contentOf(path: string, size: number, signal: AbortSignal): AsyncIterable<Buffer> {
  switch (compressionOf(path)) {
    case 'gzip':
      return decompressed(path, size, () => createGunzip({ chunkSize: CHUNK_BYTES }), signal);
    case 'zstd':
      return decompressed(path, size, () => createZstdDecompress({ chunkSize: CHUNK_BYTES }), signal);
    case 'bzip2':
      return orDamaged(bunzipped(plain(path, 0, signal)), signal);
    case 'zip':
      return orDamaged(unzipped(path, signal), signal);
    default:
      return plain(path, 0, signal);
  }
}

function plain(path: string, start: number, signal: AbortSignal): Readable {
  return createReadStream(path, { start, signal, highWaterMark: CHUNK_BYTES });
}

async function* orDamaged(chunks: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof FileProblem ? error : damaged(error);
  }
}

function damaged(error: unknown): FileProblem {
  return new FileProblem(text`it is truncated or damaged (${wordsOf(error)})`, { cause: error });
}

/** A stream of zlib, which counts the bytes that it has used. */
type Decompressor = Transform & { readonly bytesWritten: number };

/** All parts of a file in order. A zstd decompressor stops after each frame. */
async function* decompressed(
  path: string,
  size: number,
  newDecompressor: () => Decompressor,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const framesMax = FRAMES_MAX + Math.ceil(size / 65_536);
  let frames = 0;
  for (let offset = 0; offset < size; frames += 1) {
    if (frames >= framesMax) throw new FileProblem(text`it has more than ${safe(framesMax)} compressed frames`);
    const decompressor = newDecompressor();
    try {
      // Errors are thrown by the decompressor.
      pipeline(plain(path, offset, signal), decompressor, () => undefined);
      yield* decompressor;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw damaged(error);
    } finally {
      decompressor.destroy();
    }
    const { bytesWritten } = decompressor;
    if (bytesWritten === 0) throw new FileProblem(text`it is truncated or damaged (trailing data)`);
    offset += bytesWritten;
  }
}

// Compressed files, looked through before they are read: DuckDB takes what is left of a .gz or .zst that is cut off, and a
// .gz with flipped bits, for the whole file, without a word.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Failure, messageOf } from '../core/failure.ts';
import type { TableFile } from './files-table.ts';

/** The decompressor for a file of this name; null for one that is not compressed. */
export function decompressorFor(path: string): Transform | null {
  if (path.endsWith('.gz')) return createGunzip();
  return path.endsWith('.zst') ? createZstdDecompress() : null;
}

/** Nothing, where every byte of the file decompresses, or it is not compressed. @throws Failure FILE_BROKEN. */
export async function requireWhole({ name, path }: TableFile, signal: AbortSignal): Promise<void> {
  if (decompressorFor(path) === null) return;
  try {
    const { size } = await stat(path);
    // A decompressor of zstd ends with its first frame, however many follow.
    for (let offset = 0; offset < size; ) offset += await consumedBytes(path, offset, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const what = `${name} is broken: it is cut off or damaged (${messageOf(error)}).`;
    throw new Failure('FILE_BROKEN', what, { file: name }, error);
  }
}

async function consumedBytes(path: string, offset: number, signal: AbortSignal): Promise<number> {
  const decompressor = decompressorFor(path);
  if (decompressor === null) throw new RangeError(`${path} is not compressed`);
  const file = createReadStream(path, { start: offset, signal });
  file.on('error', (error) => decompressor.destroy(error));
  file.pipe(decompressor);
  for await (const _ of decompressor) signal.throwIfAborted();
  file.destroy();
  const { bytesWritten } = decompressor as unknown as { bytesWritten: number }; // of zlib's streams; their type is internal
  if (bytesWritten === 0) throw new Error('data after its end');
  return bytesWritten;
}

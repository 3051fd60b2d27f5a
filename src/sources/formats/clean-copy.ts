// Copies of CSV and JSON files with only their good rows, and links to files with special characters in their paths. The engine
// reads these instead. Most files need neither.

import { createWriteStream } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../../core/failure.ts';
import { type Spool, type SpoolFolder, spoolFailure } from '../storage/spool.ts';
import { spooledName } from '../storage/spooled-name.ts';
import { FileProblem } from './file-problem.ts';

/** A folder of the spool for the copies of one reading, created with the first copy and removed on disposal. */
export type CopyFolder = AsyncDisposable & {
  /** Writes the lines to a new file and returns its path. @throws Failure as SpoolFolder.take does; FileProblem of the lines. */
  copy(lines: AsyncIterable<Buffer>, signal: AbortSignal): Promise<string>;
  /** A path of the file without `*`, `?` and `[`, which DuckDB expands in every path. @throws Failure as Spool.reserve does. */
  literalPath(path: string, signal: AbortSignal): Promise<string>;
};

const EXPANDED = /[*?[]/;

/** The size of the copies is not known in advance, so they reserve space while they are written. */
export function openCopyFolder(spool: Spool): CopyFolder {
  let folder: SpoolFolder | null = null;
  let copies = 0;
  return {
    async copy(lines, signal) {
      folder ??= await spool.reserve(0, signal);
      copies += 1;
      const path = join(folder.path, `${copies}`);
      try {
        await pipeline(counted(lines, folder), createWriteStream(path), { signal });
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof FileProblem || error instanceof Failure ? error : spoolFailure(folder.path, error);
      }
      return path;
    },
    async literalPath(path, signal) {
      if (!EXPANDED.test(path)) return path;
      folder ??= await spool.reserve(0, signal);
      copies += 1;
      const link = join(folder.path, spooledName(path, copies));
      try {
        await symlink(path, link);
      } catch (error) {
        throw spoolFailure(folder.path, error);
      }
      return link;
    },
    async [Symbol.asyncDispose]() {
      await folder?.[Symbol.asyncDispose]();
    },
  };
}

async function* counted(lines: AsyncIterable<Buffer>, folder: SpoolFolder): AsyncGenerator<Buffer> {
  for await (const chunk of lines) {
    folder.take(chunk.length);
    yield chunk;
  }
}

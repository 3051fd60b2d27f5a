// Reads files that users name: bounded in size, and without waiting for pipes and devices.

import {
  closeSync,
  constants,
  promises as fs,
  fstatSync,
  open,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { addAbortSignal } from 'node:stream';
import { promisify } from 'node:util';

export type ReadLimits = { readonly bytesMax: number };

/** The reason why a file is not read, as the end of a sentence that names it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** How long to wait for the writer of a pipe. */
const PIPE_MS = 5_000;

/**
 * The bytes of a regular file inside `folder`. Links are followed if they stay inside, as in a mounted ConfigMap.
 * @throws Unreadable, or the file system's error.
 */
export async function readInside(folder: string, file: string, limits: ReadLimits): Promise<Uint8Array> {
  const whole = await fs.realpath(folder);
  const real = await fs.realpath(path.join(folder, file));
  if (!real.startsWith(whole.endsWith(path.sep) ? whole : whole + path.sep)) {
    throw new Unreadable('it is a link to a file outside the project; copy that file into the project');
  }
  return readRegular(real, limits);
}

/** The bytes of a regular file anywhere. @throws Unreadable, or the file system's error. */
export async function readRegular(file: string, limits: ReadLimits): Promise<Uint8Array> {
  // Checked before opening, because opening a device can have side effects.
  requireRegular(await fs.stat(file));
  // If the file has become a pipe meanwhile, opening it without O_NONBLOCK waits for a writer in a thread that cannot be stopped.
  await using handle = await fs.open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  requireOpened(await handle.stat(), limits);
  return await readUpTo(handle, limits);
}

/** The same for callers that cannot wait. @throws as readRegular */
export function readRegularSync(file: string, limits: ReadLimits): Uint8Array {
  requireRegular(statSync(file));
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    requireOpened(fstatSync(fd), limits);
    const buffer = Buffer.alloc(limits.bytesMax + 1);
    let length = 0;
    while (length <= limits.bytesMax) {
      const bytesRead = readSync(fd, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) return Uint8Array.prototype.slice.call(buffer, 0, length);
      length += bytesRead;
    }
    throw tooLarge(limits);
  } finally {
    closeSync(fd);
  }
}

function requireOpened(opened: Stats, limits: ReadLimits): void {
  requireRegular(opened);
  if (opened.size > limits.bytesMax) throw tooLarge(limits);
}

function requireRegular(stat: Stats): void {
  const kind = kindOf(stat);
  if (kind !== 'file') throw new Unreadable(`it is a ${kind}; expected a regular file`);
}

/** The same, but also reads a pipe, such as `<(pass show db)` of a shell. @throws as readRegular */
export async function readRegularOrPipe(file: string, limits: ReadLimits): Promise<Uint8Array> {
  return (await fs.stat(file)).isFIFO() ? readPipe(file, limits) : readRegular(file, limits);
}

type FileKind = 'file' | 'folder' | 'pipe' | 'socket' | 'device';

function kindOf(stat: Stats): FileKind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  if (stat.isFIFO()) return 'pipe';
  return stat.isSocket() ? 'socket' : 'device';
}

/** Files in /proc report a size of 0, and a file may grow while it is read, so the limit applies to the bytes read. */
async function readUpTo(handle: fs.FileHandle, { bytesMax }: ReadLimits): Promise<Uint8Array> {
  const buffer = Buffer.alloc(bytesMax + 1);
  let length = 0;
  while (length <= bytesMax) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) return Uint8Array.prototype.slice.call(buffer, 0, length);
    length += bytesRead;
  }
  throw tooLarge({ bytesMax });
}

async function readPipe(file: string, { bytesMax }: ReadLimits): Promise<Uint8Array> {
  const late = AbortSignal.timeout(PIPE_MS);
  // The socket closes its descriptor; a FileHandle would close it a second time.
  const fd = await promisify(open)(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = addAbortSignal(late, new Socket({ fd, readable: true, writable: false }));
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of socket) {
      parts.push(part);
      length += part.length;
      if (length > bytesMax) throw tooLarge({ bytesMax });
    }
  } catch (thrown) {
    throw late.aborted ? new Unreadable(`it is a pipe that was still open after ${PIPE_MS / 1_000} s`) : thrown;
  }
  return Buffer.concat(parts);
}

function tooLarge({ bytesMax }: ReadLimits): Unreadable {
  return new Unreadable(`it has more than the maximum of ${bytesMax} bytes`);
}

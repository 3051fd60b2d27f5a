// Room on this machine's disk for files of object stores while they are read: one spool per process, a folder of its own
// per reading. What a process leaves behind that was killed, the next one removes.

import { lstat, mkdir, mkdtemp, readdir, rm, statfs, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { folderPrefix, ownerState } from './spool-owner.ts';

export type SpoolOptions = {
  readonly folder: string;
  /** What all readings of the process may have there at once. */
  readonly limitBytes: number;
  readonly clock: Clock;
};

/** A folder with room for what was asked for; disposing of it removes it. */
export type SpoolFolder = AsyncDisposable & {
  readonly path: string;
  /**
   * Room for so many bytes more, until the folder is removed. Never waits: who has room already must not wait for more.
   *
   * @throws Failure SOURCE_SHAPE where that is more than there ever is, SOURCE_UNAVAILABLE where others have the room.
   */
  take(bytes: number): void;
};

export type Spool = AsyncDisposable & {
  /**
   * A new folder with room for so many bytes. Waits, first come first served, while other readings have the room.
   *
   * @throws Failure SOURCE_SHAPE where that is more than there ever is, SOURCE_UNAVAILABLE where the folder cannot be made;
   * the signal's reason.
   */
  reserve(bytes: number, signal: AbortSignal): Promise<SpoolFolder>;
  /** Removes the folders of processes that are gone. */
  sweep(): Promise<void>;
};

const MEGABYTE = 1_048_576;
/** Of a file system: the rest is for what else is kept there. */
const SHARE_MAX = 0.9;
/** A process says this often that its folders are in use, for those who cannot see whether it lives. */
const TOUCH_EVERY_MS = 60_000;
const ABANDONED_AFTER_MS = 3_600_000;

/** A spool that makes its folder when it is first used. */
export function openSpool({ folder, limitBytes, clock }: SpoolOptions): Spool {
  const waiting: Waiting[] = [];
  const inUse = new Set<string>();
  let usedBytes = 0;
  let roomBytes = limitBytes;
  let begun: Promise<Disposable> | null = null;

  async function begin(): Promise<Disposable> {
    await spool.sweep();
    roomBytes = Math.min(limitBytes, await capacityBytes(folder));
    return clock.every(TOUCH_EVERY_MS, () => {
      const now = new Date(clock.now());
      // A folder that is being removed has nobody to tell.
      for (const path of inUse) utimes(path, now, now).catch(() => undefined);
    });
  }

  function admit(): void {
    for (let next = waiting[0]; next !== undefined && usedBytes + next.bytes <= roomBytes; next = waiting[0]) {
      waiting.shift();
      usedBytes += next.bytes;
      next.enter();
    }
  }

  function release(bytes: number): void {
    usedBytes -= bytes;
    admit();
  }

  function turn(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = () => {
        waiting.splice(waiting.indexOf(mine), 1);
        reject(signal.reason);
        admit();
      };
      const mine: Waiting = {
        bytes,
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.push(mine);
      admit();
    });
  }

  const spool: Spool = {
    async reserve(bytes, signal) {
      begun ??= begin();
      await begun;
      if (bytes > roomBytes) throw tooLarge(folder, bytes, roomBytes);
      // Who wants no room may have some already: behind those who wait for it, nobody would ever go on.
      if (bytes > 0) await turn(bytes, signal);
      try {
        const path = await madeFolder(folder);
        inUse.add(path);
        let heldBytes = bytes;
        return {
          path,
          take(more) {
            if (heldBytes + more > roomBytes) throw tooLarge(folder, heldBytes + more, roomBytes);
            if (usedBytes + more > roomBytes) throw inUseByOthers(folder, roomBytes);
            heldBytes += more;
            usedBytes += more;
          },
          [Symbol.asyncDispose]: async () => {
            await rm(path, { recursive: true, force: true, maxRetries: 3 });
            inUse.delete(path);
            release(heldBytes);
          },
        };
      } catch (error) {
        release(bytes);
        throw error;
      }
    },
    sweep: () => removeAbandoned(folder, clock),
    [Symbol.asyncDispose]: async () => (await begun)?.[Symbol.dispose](),
  };
  return spool;
}

type Waiting = { readonly bytes: number; readonly enter: () => void };

async function madeFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    // Readable by nobody else: mkdtemp makes folders of mode 700.
    return await mkdtemp(join(folder, folderPrefix()));
  } catch (error) {
    throw spoolFailure(folder, error);
  }
}

/** What it means that the spool cannot be written. */
export function spoolFailure(folder: string, error: unknown): Failure {
  return new Failure(
    'SOURCE_UNAVAILABLE',
    text`The spool folder ${safe(folder)} cannot be written: ${wordsOf(error)}; make room there, or name another with spool.folder in millrace.yaml or MILLRACE_SPOOL_DIR.`,
    { folder },
    error,
  );
}

/** What the file system of the folder, or of the nearest one above it that is there, can hold at all. */
async function capacityBytes(folder: string): Promise<number> {
  try {
    const { blocks, bsize } = await statfs(folder);
    return blocks === 0 ? Number.POSITIVE_INFINITY : Math.floor(blocks * bsize * SHARE_MAX);
  } catch {
    return dirname(folder) === folder ? Number.POSITIVE_INFINITY : capacityBytes(dirname(folder));
  }
}

function tooLarge(folder: string, bytes: number, roomBytes: number): Failure {
  const megabytes = (number: number) => `${Math.ceil(number / MEGABYTE)} MB`;
  return new Failure(
    'SOURCE_SHAPE',
    text`The files of this run have ${safe(megabytes(bytes))}, and the spool in ${safe(folder)} holds ${safe(megabytes(roomBytes))}: raise spool.limit_mb in millrace.yaml, name a larger place in spool.folder, or make the run's span smaller.`,
    { bytes },
  );
}

function inUseByOthers(folder: string, roomBytes: number): Failure {
  return new Failure(
    'SOURCE_UNAVAILABLE',
    text`The spool in ${safe(folder)} holds ${safe(Math.ceil(roomBytes / MEGABYTE))} MB, and other files have what copies of the good rows of this run's would need: wait for other runs to end, or raise spool.limit_mb in millrace.yaml.`,
    { folder },
  );
}

async function removeAbandoned(folder: string, clock: Clock): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const state = ownerState(name);
    if (state === null || state === 'alive') continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    // Names can be guessed: only a folder of our own account is ours to remove.
    if (!found?.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) continue;
    if (state === 'elsewhere' && clock.now() - found.mtimeMs < ABANDONED_AFTER_MS) continue;
    await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

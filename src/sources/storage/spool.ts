// Local disk space for files of object stores while they are read: one spool per process, one folder per reading. The folders
// of killed processes are removed by the next one.

import { lstat, mkdir, mkdtemp, readdir, rm, statfs, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { folderPrefix, ownerState } from './spool-owner.ts';

export type SpoolOptions = {
  readonly folder: string;
  /** The limit for all readings of the process together. */
  readonly limitBytes: number;
  readonly clock: Clock;
};

/** A folder with reserved space, removed on disposal. */
export type SpoolFolder = AsyncDisposable & {
  readonly path: string;
  /**
   * Reserves more bytes until the folder is removed. Never waits, because a reading with space that waits for more could
   * deadlock.
   *
   * @throws Failure SOURCE_SHAPE for more than the whole spool, SOURCE_UNAVAILABLE if other readings use the space.
   */
  take(bytes: number): void;
};

export type Spool = AsyncDisposable & {
  /**
   * A new folder with space for `bytes`. Waits in order while other readings use the space.
   *
   * @throws Failure SOURCE_SHAPE for more than the whole spool, SOURCE_UNAVAILABLE if the folder cannot be created; the
   * signal's reason.
   */
  reserve(bytes: number, signal: AbortSignal): Promise<SpoolFolder>;
  /** Removes the folders of dead processes. */
  sweep(): Promise<void>;
};

const MEGABYTE = 1_048_576;
/** The share of the file system; the rest is for other uses. */
const SHARE_MAX = 0.9;
/** How often a process marks its folders as used, for processes in other containers that cannot see it. */
const TOUCH_EVERY_MS = 60_000;
const ABANDONED_AFTER_MS = 3_600_000;

/** A spool, which creates its folder on first use. */
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
      // The folder may be in the process of being removed.
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
      // A request for 0 bytes does not wait: its reading may already hold space that others wait for.
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
            try {
              await rm(path, { recursive: true, force: true, maxRetries: 3 });
            } finally {
              // A folder that cannot be removed is left to a later sweep.
              inUse.delete(path);
              release(heldBytes);
            }
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
    // mkdtemp creates folders with mode 700.
    return await mkdtemp(join(folder, folderPrefix()));
  } catch (error) {
    throw spoolFailure(folder, error);
  }
}

/** The failure of a spool that cannot be written. */
export function spoolFailure(folder: string, error: unknown): Failure {
  const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  const advice = isFull ? 'Free up disk space there' : 'Check the folder and its permissions';
  return new Failure(
    'SOURCE_UNAVAILABLE',
    text`Cannot write to the spool folder ${safe(folder)}: ${wordsOf(error)}. ${safe(advice)}, or set spool.folder in millrace.yaml or MILLRACE_SPOOL_DIR to another folder.`,
    { folder },
    error,
  );
}

/** The capacity of the file system of the folder, or of its nearest existing parent. */
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
    text`This run's files total ${safe(megabytes(bytes))}, but the spool in ${safe(folder)} has room for only ${safe(megabytes(roomBytes))}. Raise spool.limit_mb in millrace.yaml, point spool.folder at a larger disk, or use a shorter interval.`,
    { bytes },
  );
}

function inUseByOthers(folder: string, roomBytes: number): Failure {
  return new Failure(
    'SOURCE_UNAVAILABLE',
    text`The spool in ${safe(folder)} is limited to ${safe(Math.ceil(roomBytes / MEGABYTE))} MB, and files of other runs use the space that this run needs for copies of its valid rows. Wait for other runs to end, or raise spool.limit_mb in millrace.yaml.`,
    { folder },
  );
}

async function removeAbandoned(folder: string, clock: Clock): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const state = ownerState(name);
    if (state === null || state === 'alive') continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    // Names can be guessed, so only folders of the same account are removed.
    if (!found?.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) continue;
    if (state === 'elsewhere' && clock.now() - found.mtimeMs < ABANDONED_AFTER_MS) continue;
    await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

// Where a training set is written. A set appears under its name whole, or not at all: its receipt comes last.

import type { Receipt } from '../receipt.ts';

/** Next to the files of an unfinished set: the token of its build. Programs that read a folder skip its name. */
export const BUILD_FILE = '.build';

/**
 * A place for one set. Files are made at `workPath`, and `put` when they are whole; `finish` makes the set appear.
 *
 * @throws Failure OUTPUT_UNAVAILABLE, or OUTPUT_DENIED.
 */
export type Target = AsyncDisposable & {
  /** For messages and the record: without credentials. */
  readonly label: string;
  /** The receipt of a set that is there already; null if there is none, or the place cannot be read. */
  finished(token: string, signal: AbortSignal): Promise<string | null>;
  /** @throws Failure ARGUMENT_INVALID where something is there already that the build of this token did not make. */
  begin(token: string, how: 'new' | 'resumed', signal: AbortSignal): Promise<void>;
  /** A path of this machine to make a file at. */
  workPath(name: string): string;
  /** What it means that a file cannot be made at its path: a failure, or the error itself if the disk is not its cause. */
  workFailure(error: unknown): unknown;
  put(name: string, signal: AbortSignal): Promise<void>;
  /** The bytes of a file that was put; null where it is not there. */
  bytesOf(name: string, signal: AbortSignal): Promise<number | null>;
  /**
   * Makes the set appear, with the files of the receipt and no others.
   *
   * @throws Failure ARGUMENT_INVALID where other files are there than the build has made.
   */
  finish(receipt: Receipt, signal: AbortSignal): Promise<void>;
};

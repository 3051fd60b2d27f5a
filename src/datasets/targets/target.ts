// Where a training set is written. A set appears under its name whole, or not at all: its receipt comes last.

/**
 * A place for one set. Files are made at `workPath`, and `put` when they are whole; `finish` makes the set appear.
 *
 * @throws Failure OUTPUT_UNAVAILABLE, or OUTPUT_DENIED.
 */
export type Target = AsyncDisposable & {
  /** For messages and the record: without credentials. */
  readonly label: string;
  /** The receipt of a set that is there already; null if there is none, or the place cannot be read. */
  finished(): Promise<string | null>;
  /** @throws Failure ARGUMENT_INVALID where something is there already that the build of this number did not make. */
  begin(build: number, how: 'new' | 'resumed', signal: AbortSignal): Promise<void>;
  /** A path of this machine to make a file at. */
  workPath(name: string): string;
  /** What it means that a file cannot be made at its path: a failure, or the error itself if the disk is not its cause. */
  workFailure(error: unknown): unknown;
  put(name: string, signal: AbortSignal): Promise<void>;
  /** The bytes of a file that was put; null where it is not there. */
  bytesOf(name: string, signal: AbortSignal): Promise<number | null>;
  finish(receipt: string, signal: AbortSignal): Promise<void>;
};

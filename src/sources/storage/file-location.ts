// A place that holds files: found by pattern, then made readable by local path. Local folders are read where they are;
// object stores list, and fetch to a spool, behind the same two functions.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';

/** A file as the place lists it. `name` is its path below the place, with `/`. */
export type ListedFile = {
  readonly name: string;
  /** Changes when the content is replaced: size, times and inode, or an ETag. For one process, while it reads. */
  readonly identity: string;
  /** The same wherever the place is looked at from, and another when the content is: size and time, or an ETag. */
  readonly version: string;
  /** As it is stored. */
  readonly bytes: number;
};

/** Files that an engine can open until they are disposed of. */
export type ReadableFiles = AsyncDisposable & {
  /** In the order of the listed files. */
  readonly files: readonly (ListedFile & { readonly path: string })[];
  /** @throws Failure FILE_CHANGED where a file is no longer the one that was listed. */
  requireUnchanged(): Promise<void>;
};

/** How many files one look at a place may find. */
export const FILES_MAX = 100_000;

export type FileLocation = AsyncDisposable & {
  /** For messages: the folder or bucket, without credentials. */
  readonly label: string;
  /**
   * The regular files that match any of the globs, by name, each once.
   *
   * @throws Failure SOURCE_DENIED for a match that leads out of the place or is no regular file, SOURCE_UNAVAILABLE
   * where the place cannot be listed, SOURCE_SHAPE where more than FILES_MAX match.
   */
  list(globs: readonly string[], signal: AbortSignal): Promise<readonly ListedFile[]>;
  /** Makes the listed files readable. @throws Failure FILE_CHANGED, SOURCE_UNAVAILABLE or SOURCE_DENIED. */
  open(files: readonly ListedFile[], signal: AbortSignal): Promise<ReadableFiles>;
};

/** The order of files in every place: by the code units of their names. */
export function byName(a: ListedFile, b: ListedFile): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

export function tooManyFiles(label: string, globs: readonly string[]): Failure {
  return new Failure(
    'SOURCE_SHAPE',
    text`More than ${safe(FILES_MAX)} files in ${safe(label)} match ${safe(globs[0] ?? '')}: name them more narrowly in "files", or make the run's span smaller.`,
    { place: label },
  );
}

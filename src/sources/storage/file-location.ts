// A location of files: files are found by pattern, then made readable at a local path. Local folders are read in place. Object
// stores are listed, and fetched to a spool.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';

/** A listed file. `name` is its path relative to the location, with `/`. */
export type ListedFile = {
  readonly name: string;
  /** Changes when the content is replaced: size, times and inode, or an ETag. Used by one process while it reads. */
  readonly identity: string;
  /** Changes with the content, and is the same on every machine: size and time, or an ETag. */
  readonly version: string;
  /** The size as stored. */
  readonly bytes: number;
};

/** Files that an engine can open, until disposed of. */
export type ReadableFiles = AsyncDisposable & {
  /** In the order of the listed files. */
  readonly files: readonly (ListedFile & { readonly path: string })[];
  /** @throws Failure FILE_CHANGED if a file is no longer the listed one. */
  requireUnchanged(): Promise<void>;
};

/** The most files of one listing. */
export const FILES_MAX = 100_000;

export type FileLocation = AsyncDisposable & {
  /** For messages: the folder or bucket, without credentials. */
  readonly label: string;
  /**
   * The regular files that match any of the globs, sorted by name, without duplicates.
   *
   * @throws Failure SOURCE_DENIED for a match outside of the location or that is not a regular file, SOURCE_UNAVAILABLE if the
   * location cannot be listed, SOURCE_SHAPE if more than FILES_MAX match.
   */
  list(globs: readonly string[], signal: AbortSignal): Promise<readonly ListedFile[]>;
  /** Makes the listed files readable. @throws Failure FILE_CHANGED, SOURCE_UNAVAILABLE or SOURCE_DENIED. */
  open(files: readonly ListedFile[], signal: AbortSignal): Promise<ReadableFiles>;
};

/** The order of files in every location: by the code units of their names. */
export function byName(a: ListedFile, b: ListedFile): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

export function tooManyFiles(label: string, globs: readonly string[]): Failure {
  return new Failure(
    'SOURCE_SHAPE',
    text`More than ${safe(FILES_MAX)} files in ${safe(label)} match ${safe(globs[0] ?? '')}. Use a narrower pattern in \`files\`, or a shorter interval.`,
    { place: label },
  );
}

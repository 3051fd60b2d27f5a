// A place that holds files: found by pattern, then made readable by local path. Local folders now; object stores list and
// fetch to a spool behind the same two functions.

/** A file as the place lists it. `name` is its path below the place, with `/`. */
export type ListedFile = {
  readonly name: string;
  /** Changes when the content is replaced: size, times and inode, or an ETag. */
  readonly identity: string;
};

/** Files that an engine can open until they are disposed of. */
export type ReadableFiles = AsyncDisposable & {
  /** In the order of the listed files. */
  readonly files: readonly (ListedFile & { readonly path: string })[];
  /** @throws Failure FILE_CHANGED where a file is no longer the one that was listed. */
  requireUnchanged(): Promise<void>;
};

export type FileLocation = {
  /** For messages: the folder or bucket, without credentials. */
  readonly label: string;
  /**
   * The regular files that match any of the globs, by name, each once.
   *
   * @throws Failure SOURCE_DENIED for a match that leads out of the place or is no regular file, SOURCE_UNAVAILABLE
   * where the place cannot be listed.
   */
  list(globs: readonly string[], signal: AbortSignal): Promise<readonly ListedFile[]>;
  /** Makes the listed files readable. @throws Failure FILE_CHANGED, SOURCE_UNAVAILABLE or SOURCE_DENIED. */
  open(files: readonly ListedFile[], signal: AbortSignal): Promise<ReadableFiles>;
};

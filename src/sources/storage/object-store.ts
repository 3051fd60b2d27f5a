// What a place of files needs of an object store: pages of its listing, and the bytes of one object. Retries, limits and the
// spool are not its business (object-files.ts, fetch-object.ts).

import type { ListedFile } from './file-location.ts';

/**
 * Which objects to list: those whose name starts with `prefix` and holds no further slash after it (`folder`), or all. Where a
 * store narrows by folders only, a prefix ends with a slash or is empty.
 */
export type Listing = { readonly prefix: string; readonly depth: 'folder' | 'all' };

/** What the bytes of the whole object must come to, in base 64. */
export type Checksum = { readonly algorithm: 'crc32' | 'sha1' | 'sha256' | 'md5'; readonly base64: string };

export type ObjectBody = {
  readonly chunks: AsyncIterable<Uint8Array> & { destroy(error?: Error): unknown };
  /** Null where the store gives none that we can compute. */
  readonly checksum: Checksum | null;
  /** What is checked here: 'whole' where the store's SDK compares the bytes of a whole object as they come, else nothing. */
  readonly checked: 'whole' | 'nothing';
};

export type ObjectStore = AsyncDisposable & {
  /** For messages: the bucket and the folder in it, without credentials. */
  readonly label: string;
  /** By what its listings are narrowed. */
  readonly narrowing: 'prefix' | 'folder';
  /** The files of a listing, in pages of any order; names are below the place. Folders are no files. */
  list(listing: Listing, signal: AbortSignal): AsyncIterable<readonly ListedFile[]>;
  /** The bytes from `offset` of the object that was listed, and of no other that has taken its place. */
  read(file: ListedFile, offset: number, signal: AbortSignal): Promise<ObjectBody>;
  /** Stores a file of this machine under a name, whole or not at all; one that is there is replaced. */
  write(name: string, path: string, signal: AbortSignal): Promise<void>;
  /** What an error of `list`, `read` or `write` means. */
  troubleOf(error: unknown): Trouble;
};

/**
 * Why a store did not give what it was asked for: `busy` (or away, or a broken transfer: asking again may help), `wrong`
 * (the bytes are not those that were stored), `expired` (the credentials; asking again fetches them anew), `denied`, `absent` (the bucket), `gone` or `changed` (the object). `what` is the end of a sentence without any secret.
 */
export type Trouble = {
  readonly kind: 'busy' | 'wrong' | 'expired' | 'denied' | 'absent' | 'gone' | 'changed';
  readonly what: string;
};

/** An answer that no such store gives: `message` is the end of a sentence about it. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'OddAnswer';
}

/** Says nothing to a listing's marks of where its next page begins, each of which must be new. @throws UnexpectedAnswer. */
export function newMarks(): (mark: string | undefined) => void {
  const seen = new Set<string>();
  return (mark = '') => {
    if (mark !== '' && seen.has(mark))
      throw new UnexpectedAnswer('its listing comes back to a page that it gave before');
    seen.add(mark);
  };
}

/** What is known of any error of an SDK over HTTP: its name and its status, and not its words, which may quote requests. */
export function httpProblem(code: string, status: number | null): Trouble {
  const what = status === null ? code : `HTTP ${status} ${code}`;
  if (status === 401 || status === 403) return { kind: 'denied', what };
  if (status === 404 || status === 410) return { kind: 'gone', what };
  if (status === 412 || status === 416) return { kind: 'changed', what };
  const isWorthAnother = status === null || status < 400 || status >= 500 || status === 408 || status === 429;
  return { kind: isWorthAnother ? 'busy' : 'denied', what };
}

// The interface of an object store: pages of a listing, and the bytes of one object. Retries, limits and the spool are in
// object-files.ts and fetch-object.ts.

import type { ListedFile } from './file-location.ts';

/**
 * Which objects to list: those with `prefix`, either without a further slash (`folder`) or all. For a store that can only list
 * folders, the prefix ends with a slash or is empty. For a store that cannot list, it is the name of one object.
 */
export type Listing = { readonly prefix: string; readonly depth: 'folder' | 'all' };

/** The expected checksum of the whole object, in base 64. */
export type Checksum = { readonly algorithm: 'crc32' | 'sha1' | 'sha256' | 'md5'; readonly base64: string };

export type ObjectBody = {
  readonly chunks: AsyncIterable<Uint8Array> & { destroy(error?: Error): unknown };
  /** Null if the store returns none that can be computed here. */
  readonly checksum: Checksum | null;
  /**
   * 'whole' if bytes without a checksum are certain only if they arrive in one transfer: because the store's SDK checks
   * them, or because the store cannot tell two versions of an object apart with certainty.
   */
  readonly checked: 'whole' | 'nothing';
};

export type ObjectStore = AsyncDisposable & {
  /** For messages: the bucket and the folder in it, without credentials. */
  readonly label: string;
  /** How listings can be narrowed. With `name`, the store cannot list, and each name is looked up. */
  readonly narrowing: 'prefix' | 'folder' | 'name';
  /** The files of a listing, in pages in any order, with names relative to the location. Folders are not included. */
  list(listing: Listing, signal: AbortSignal): AsyncIterable<readonly ListedFile[]>;
  /** The bytes from `offset` of the listed object, and not of one that has replaced it. */
  read(file: ListedFile, offset: number, signal: AbortSignal): Promise<ObjectBody>;
  /** Stores a local file under a name, completely or not at all. Replaces an existing object. */
  write(name: string, path: string, signal: AbortSignal): Promise<void>;
  /** Removes an object. Removing one that does not exist is no error. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** Classifies an error from `list`, `read`, `write` or `remove`. */
  troubleOf(error: unknown): Trouble;
};

/**
 * Why a request failed: `busy` (or unavailable, or an interrupted transfer: a retry may help), `wrong` (the bytes differ from
 * the stored ones), `expired` (the credentials; a retry reads them again), `denied`, `absent` (the bucket), `gone` or `changed`
 * (the object). `what` is the end of a sentence, without secrets.
 */
export type Trouble = {
  readonly kind: 'busy' | 'wrong' | 'expired' | 'denied' | 'absent' | 'gone' | 'changed';
  readonly what: string;
  /** How long the store asks to wait before the next attempt. */
  readonly waitMs?: number;
};

/** A response that is not from such a store. `message` is the end of a sentence about it. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** The bytes after the first `skippedBytes`, which a store sends again if it does not support ranges. */
export async function* withoutFirst(
  chunks: AsyncIterable<Uint8Array>,
  skippedBytes: number,
): AsyncGenerator<Uint8Array> {
  let left = skippedBytes;
  for await (const chunk of chunks) {
    yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** Checks that each continuation mark of a listing is new. @throws UnexpectedAnswer for a repeated mark. */
export function newMarks(): (mark: string | undefined) => void {
  const seen = new Set<string>();
  return (mark = '') => {
    if (mark !== '' && seen.has(mark)) throw new UnexpectedAnswer('its listing repeats a page');
    seen.add(mark);
  };
}

/** A response with a web page, such as that of a proxy, a firewall or another server. */
export function foreignPage(status: number | null): Trouble {
  const kind = status === null || status === 429 || status >= 500 ? 'busy' : 'denied';
  const what = `the response is a web page with HTTP status ${status ?? 'unknown'}, probably from a proxy; check the endpoint in the URL and the proxy settings (HTTPS_PROXY)`;
  return { kind, what };
}

/** Classifies an HTTP error by its code and status. Its message is not used, because it may quote the request. */
export function httpProblem(code: string, status: number | null): Trouble {
  const what = status === null ? code : `HTTP ${status} ${code}`;
  if (status === 401 || status === 403) return { kind: 'denied', what };
  if (status === 404 || status === 410) return { kind: 'gone', what };
  if (status === 412 || status === 416) return { kind: 'changed', what };
  const isWorthAnother = status === null || status < 400 || status >= 500 || status === 408 || status === 429;
  return { kind: isWorthAnother ? 'busy' : 'denied', what };
}

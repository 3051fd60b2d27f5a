// The version of a file on an HTTP server: its ETag or else its Last-Modified, and its length.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ListedFile } from './file-location.ts';
import { ResponseTrouble } from './http-trouble.ts';
import { UnexpectedAnswer } from './object-store.ts';

/** The file of a response to HEAD or to a ranged GET; otherwise the header that is missing. */
export function foundFile(name: string, answer: IncomingMessage): ListedFile | { readonly missing: string } {
  requirePlain(name, answer);
  const { headers, statusCode } = answer;
  const bytes = statusCode === 206 ? rangeOf(headers)?.total : lengthOf(headers);
  const validator = etagOf(headers) ?? headers['last-modified'];
  if (bytes === undefined || bytes === null) return { missing: 'no Content-Length' };
  if (validator === undefined) return { missing: 'neither ETag nor Last-Modified' };
  const identity = `${validator} ${bytes}`;
  return { name, identity, version: identity, bytes };
}

/** A request for this version only. A weak ETag cannot be a condition. */
export function conditionsOf(file: ListedFile): Record<string, string> {
  const validator = validatorOf(file);
  if (isEtag(validator)) return validator.startsWith('W/') ? {} : { 'if-match': validator };
  return { 'if-unmodified-since': validator };
}

/** @throws ResponseTrouble for another version, UnexpectedAnswer for a response that shows none or has another length. */
export function requireVersion({ headers, statusCode }: IncomingMessage, file: ListedFile): void {
  const expected = validatorOf(file);
  const validator = isEtag(expected) ? etagOf(headers) : headers['last-modified'];
  if (validator === undefined) {
    const header = isEtag(expected) ? 'ETag' : 'Last-Modified';
    throw new UnexpectedAnswer(`the response has no ${header}, although the first response had one`);
  }
  if (validator !== expected) {
    throw new ResponseTrouble({ kind: 'changed', what: `the response is another version, ${validator}` });
  }
  const bytes = statusCode === 206 ? rangeOf(headers)?.total : lengthOf(headers);
  if (typeof bytes === 'number' && bytes !== file.bytes) {
    throw new UnexpectedAnswer(`the response has ${bytes} bytes, but the first response had ${file.bytes}`);
  }
}

/** Whether two responses with the same validator certainly have the same bytes. */
export function isStrong(file: ListedFile, { date }: IncomingHttpHeaders): boolean {
  const validator = validatorOf(file);
  if (isEtag(validator)) return !validator.startsWith('W/');
  // A file may change twice within the second of its Last-Modified.
  return Date.parse(date ?? '') - Date.parse(validator) >= LAST_MODIFIED_MS;
}

const LAST_MODIFIED_MS = 2_000;

export type ByteRange = { readonly from: number; readonly total: number | null };

/** The range of a 206 response; null if it has none. */
export function rangeOf(headers: IncomingHttpHeaders): ByteRange | null {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/i.exec(headers['content-range']?.trim() ?? '') ?? [];
  if (from === undefined) return null;
  return { from: Number(from), total: total === '*' ? null : Number(total) };
}

function lengthOf({ 'content-length': length }: IncomingHttpHeaders): number | null {
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** One without quotes, which is not valid, is only compared. */
function etagOf({ etag }: IncomingHttpHeaders): string | undefined {
  if (etag === undefined || etag === '' || isEtag(etag)) return etag === '' ? undefined : etag;
  return `W/"${etag}"`;
}

function isEtag(validator: string): boolean {
  return /^(?:W\/)?"/.test(validator);
}

function validatorOf({ identity }: ListedFile): string {
  return identity.slice(0, identity.lastIndexOf(' '));
}

/** Encodings whose bytes are those of a file with this ending. */
const ENCODINGS: Readonly<Record<string, RegExp>> = {
  gzip: /\.gz$/i,
  'x-gzip': /\.gz$/i,
  zstd: /\.zst$/i,
  'x-bzip2': /\.bz2$/i,
};

/** @throws UnexpectedAnswer for a web page, ResponseTrouble for a compressed response. */
export function requirePlain(name: string, { headers }: IncomingMessage): void {
  if (/^text\/html/i.test(headers['content-type'] ?? '')) {
    throw new UnexpectedAnswer('the response is a web page, probably from a proxy or a login page; check the URL');
  }
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity' || ENCODINGS[encoding]?.test(name) === true) return;
  const what = `the server compresses the response (Content-Encoding: ${encoding}) although the request does not allow it; turn off compression for these files, or store compressed files with a name that ends with .gz`;
  throw new ResponseTrouble({ kind: 'denied', what });
}
